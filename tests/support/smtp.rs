//! A mail server on a TCP socket, which speaks enough SMTP that a real client delivers to it: EHLO,
//! STARTTLS, AUTH, MAIL, RCPT, DATA with dot-stuffing, RSET, NOOP, QUIT.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub from: String,
    pub to: String,
    /// As it came over the line, dots unstuffed, `\r\n` line ends.
    pub raw: String,
}

impl Arrived {
    /// The lines before the text, unfolded.
    pub fn headers(&self) -> Vec<String> {
        let head = self.raw.split_once("\r\n\r\n").map_or(self.raw.as_str(), |(head, _)| head);
        head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n").map(str::to_owned).collect()
    }

    /// A header as it was sent.
    pub fn header(&self, name: &str) -> Option<String> {
        let prefix = format!("{}:", name.to_ascii_lowercase());
        self.headers()
            .into_iter()
            .find(|line| line.to_ascii_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].trim().to_owned())
    }

    /// The text, decoded as its header says.
    pub fn text(&self) -> String {
        let body = self.raw.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        match self.header("Content-Transfer-Encoding").unwrap_or_default().as_str() {
            "quoted-printable" => quoted_printable(body),
            "base64" => {
                use base64::Engine;
                let whole: String = body.split_whitespace().collect();
                let bytes = base64::engine::general_purpose::STANDARD.decode(whole).expect("base64");
                String::from_utf8(bytes).expect("UTF-8")
            }
            _ => body.replace("\r\n", "\n"),
        }
    }

    /// The subject, decoded (RFC 2047).
    pub fn subject(&self) -> String {
        words(&self.header("Subject").unwrap_or_default())
    }
}

fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            bytes.push(byte);
            continue;
        }
        let hex: String = rest.by_ref().take(2).map(char::from).collect();
        bytes.push(u8::from_str_radix(&hex, 16).expect("two hex digits"));
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// `=?utf-8?b?…?=` words and plain ones.
pub fn words(text: &str) -> String {
    use base64::Engine;
    let mut said = String::new();
    let mut after_encoded = false;
    for (number, word) in text.split(' ').enumerate() {
        let parts: Vec<&str> = word.split('?').collect();
        let decoded = match parts.as_slice() {
            ["=", charset, encoding, encoded, "="]
                if charset.eq_ignore_ascii_case("utf-8") && encoding.eq_ignore_ascii_case("b") =>
            {
                let bytes =
                    base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64 in a word");
                Some(String::from_utf8(bytes).expect("UTF-8"))
            }
            _ => None,
        };
        // The blank between two encoded words is not part of the text.
        if number > 0 && !(after_encoded && decoded.is_some()) {
            said.push(' ');
        }
        after_encoded = decoded.is_some();
        said.push_str(&decoded.unwrap_or_else(|| word.to_owned()));
    }
    said
}

/// What the server does next.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Recipients refused for good.
    pub refused: Vec<String>,
    /// Recipients that are to be tried again later.
    pub busy: Vec<String>,
    /// Takes a mail and then breaks the connection instead of saying so.
    pub breaks_after_data: bool,
    /// Name and password it asks for.
    pub password: Option<(String, String)>,
    /// How long it thinks before it takes a mail.
    pub slow: Duration,
}

/// A running server; it ends with this value.
pub struct MailServer {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    arrived: Mutex<Vec<Arrived>>,
    manners: Mutex<Manners>,
    /// Everything a client ever said.
    heard: Mutex<String>,
    /// What of it anybody on the way could have read.
    in_clear: Mutex<String>,
    /// Its certificate, where it knows STARTTLS.
    tls: Option<Arc<ServerConfig>>,
    stopped: AtomicBool,
}

impl MailServer {
    /// Starts it on a free port.
    pub fn start() -> MailServer {
        MailServer::start_on(0)
    }

    /// Starts it on a port it had before.
    pub fn start_on(port: u16) -> MailServer {
        MailServer::begin(port, State::default())
    }

    /// Starts one that knows STARTTLS, on a free port.
    pub fn with_tls(tls: ServerConfig) -> MailServer {
        MailServer::begin(0, State { tls: Some(Arc::new(tls)), ..State::default() })
    }

    fn begin(port: u16, state: State) -> MailServer {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port for mail");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(state);
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), shared) = (stream, shared.clone()) else { continue };
                std::thread::spawn(move || {
                    let _ = speak(stream, &shared);
                });
            }
        });
        MailServer { port, state }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// As SMTP_URL takes it.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Tells it how to behave from now on.
    pub fn behave(&self, manners: Manners) {
        *self.state.manners.lock().expect("manners") = manners;
    }

    /// What has arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.state.arrived.lock().expect("mail").clone()
    }

    /// Takes what has arrived out of the box.
    pub fn take(&self) -> Vec<Arrived> {
        std::mem::take(&mut *self.state.arrived.lock().expect("mail"))
    }

    /// Everything clients said.
    pub fn heard(&self) -> String {
        self.state.heard.lock().expect("words").clone()
    }

    /// Everything clients said that was not encrypted.
    pub fn heard_in_clear(&self) -> String {
        self.state.in_clear.lock().expect("words").clone()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then lets the port go.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn speak(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(b"220 mail.test ESMTP\r\n")?;
    if let (Some(stream), Some(tls)) = (converse(stream, state, false)?, &state.tls) {
        let connection = ServerConnection::new(tls.clone()).map_err(std::io::Error::other)?;
        converse(StreamOwned::new(connection, stream), state, true)?;
    }
    Ok(())
}

/// Speaks until the end, or until the client asks for an encrypted line.
fn converse<S: Read + Write>(stream: S, state: &State, encrypted: bool) -> std::io::Result<Option<S>> {
    let mut lines = BufReader::new(stream);
    let say = |lines: &mut BufReader<S>, text: &str| {
        lines.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        lines.get_mut().flush()
    };
    let (mut from, mut to, mut known) = (String::new(), String::new(), false);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || state.stopped.load(Ordering::SeqCst) {
            return Ok(None);
        }
        state.heard.lock().expect("words").push_str(&line);
        if !encrypted {
            state.in_clear.lock().expect("words").push_str(&line);
        }
        let line = line.trim_end().to_owned();
        let manners = state.manners.lock().expect("manners").clone();
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let address = || {
            let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
            inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
        };
        match verb.as_str() {
            "EHLO" if state.tls.is_some() && !encrypted => {
                say(&mut lines, "250-mail.test\r\n250-STARTTLS\r\n250 8BITMIME")?;
            }
            "STARTTLS" if state.tls.is_some() && !encrypted => {
                say(&mut lines, "220 go ahead")?;
                return Ok(Some(lines.into_inner()));
            }
            "EHLO" if manners.password.is_some() => {
                say(&mut lines, "250-mail.test\r\n250-AUTH PLAIN\r\n250 8BITMIME")?
            }
            "EHLO" => say(&mut lines, "250-mail.test\r\n250 8BITMIME")?,
            "HELO" | "NOOP" => say(&mut lines, "250 fine")?,
            "AUTH" => {
                use base64::Engine;
                let given = line.rsplit(' ').next().unwrap_or_default();
                let given = base64::engine::general_purpose::STANDARD.decode(given).unwrap_or_default();
                known = manners
                    .password
                    .as_ref()
                    .is_some_and(|(name, word)| given == format!("\0{name}\0{word}").into_bytes());
                say(&mut lines, if known { "235 welcome" } else { "535 5.7.8 name or password wrong" })?;
            }
            "MAIL" if manners.password.is_some() && !known => {
                say(&mut lines, "530 5.7.0 authenticate first")?
            }
            "MAIL" => {
                from = address();
                say(&mut lines, "250 fine")?;
            }
            "RCPT" if manners.refused.contains(&address()) => {
                say(&mut lines, "550 5.1.1 no such mailbox here")?
            }
            "RCPT" if manners.busy.contains(&address()) => {
                say(&mut lines, "451 4.3.0 mailbox busy, come again")?
            }
            "RCPT" => {
                to = address();
                say(&mut lines, "250 fine")?;
            }
            "DATA" => {
                say(&mut lines, "354 go on")?;
                let mut raw = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line)? == 0 {
                        return Ok(None);
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                std::thread::sleep(manners.slow);
                let mail = Arrived { from: from.clone(), to: to.clone(), raw };
                state.arrived.lock().expect("mail").push(mail);
                if manners.breaks_after_data {
                    return Ok(None);
                }
                say(&mut lines, "250 taken")?;
            }
            "RSET" => say(&mut lines, "250 forgotten")?,
            "QUIT" => {
                say(&mut lines, "221 bye")?;
                return Ok(None);
            }
            _ => say(&mut lines, "502 not here")?,
        }
    }
}
