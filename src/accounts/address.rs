//! Where a request comes from, as far as that can be believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;

/// The address whose tries are counted together: the peer's, unless the peer is one of our own proxies;
/// then the last entry of `X-Forwarded-For` that is not. Everything further left was written by the
/// client and means nothing. Of IPv6 only the network (/64): one customer line has all the rest.
pub fn of(req: &HttpRequest, trusted_proxies: &[IpAddr]) -> String {
    let Some(peer) = req.peer_addr() else {
        return "unknown".into();
    };
    let forwarded: Vec<&str> =
        req.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
    network(client(peer.ip(), &forwarded.join(","), trusted_proxies))
}

fn client(peer: IpAddr, forwarded: &str, trusted_proxies: &[IpAddr]) -> IpAddr {
    let is_ours =
        |address: &IpAddr| trusted_proxies.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
    let mut nearest = peer;
    for entry in forwarded.rsplit(',') {
        if !is_ours(&nearest) {
            break;
        }
        match parse(entry.trim()) {
            Some(address) => nearest = address,
            // What cannot be read was not written by our proxy.
            None => break,
        }
    }
    nearest
}

/// An address with or without a port, in brackets or not.
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn only_our_own_proxies_are_believed() {
        let proxies = [ip("10.0.0.1"), ip("10.0.0.2")];
        for (peer, forwarded, seen) in [
            ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
            ("203.0.113.9", "", "203.0.113.9"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
            ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("10.0.0.1", "198.51.100.1, nonsense", "10.0.0.1"),
        ] {
            assert_eq!(client(ip(peer), forwarded, &proxies), ip(seen), "{peer} for {forwarded}");
        }
        assert_eq!(client(ip("10.0.0.1"), "198.51.100.1", &[]), ip("10.0.0.1"));
    }

    #[test]
    fn a_line_has_one_network() {
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(network(ip("::ffff:203.0.113.9")), "203.0.113.9");
    }
}
