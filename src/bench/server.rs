//! A server in a process of its own, and what the kernel says about it.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::{Call, Client};

/// A running node of this same program. It ends with this value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first whole answer, in milliseconds.
    pub first_answer_ms: f64,
}

impl Server {
    /// Starts `tradewind bench --node` on the database and waits for its first answer.
    ///
    /// # Errors
    /// Says in a sentence why it does not answer.
    pub fn start(program: &std::path::Path, database: &str, group: usize) -> Result<Server, String> {
        let began = Instant::now();
        let mut child = Command::new(program)
            .args(["bench", "--node", "--group", &group.to_string()])
            .env("DATABASE_URL", database)
            .env("LISTEN", "127.0.0.1:0")
            .env("PUBLIC_URL", "http://127.0.0.1")
            .env("LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start a server: {error}"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(|error| format!("the server is mute: {error}"))?;
        }
        let Ok(address) = line.trim().parse() else {
            let _ = child.kill();
            let _ = child.wait();
            return Err("the server did not start; what is wrong stands above".into());
        };
        let mut server = Server { child, address, first_answer_ms: f64::NAN };
        server.greet().map_err(|error| format!("the server does not answer: {error}"))?;
        server.first_answer_ms = began.elapsed().as_secs_f64() * 1000.0;
        Ok(server)
    }

    fn greet(&self) -> io::Result<()> {
        let reply = Client::connect(self.address)?.send(&Call::get("/sign-in", ""))?;
        if reply.status < 500 { Ok(()) } else { Err(io::Error::other(format!("status {}", reply.status))) }
    }

    /// CPU time used so far, in milliseconds (user and system, to the kernel's hundredth of a second).
    pub fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The second field is a name in brackets and may hold spaces.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: f64 =
            fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        // USER_HZ is 100 on every Linux.
        ticks * 10.0
    }

    /// Resident memory now and at its highest, in megabytes (10^6 bytes).
    pub fn resident_mb(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kib = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok())
                .map_or(f64::NAN, |kib| kib * 1024.0 / 1e6)
        };
        (kib("VmRSS:"), kib("VmHWM:"))
    }

    /// Waits until the server has nothing left to do, so that one stretch does not pay for the last.
    pub fn settle(&self) {
        for _ in 0..20 {
            let before = self.cpu_ms();
            std::thread::sleep(Duration::from_millis(30));
            if self.cpu_ms() - before < 1.0 {
                return;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
