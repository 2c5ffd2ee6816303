//! The built program itself, as an operator starts it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What a command said and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program with nothing in its environment but what is given.
pub fn command(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command.env_clear().args(arguments).envs(settings.iter().copied());
    // Coverage and sanitizers speak through these.
    for name in ["LLVM_PROFILE_FILE", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Said {
    let output = command(arguments, settings).output().expect("the program starts");
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    }
}

/// A port nobody listens on at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// A running node; killed with this value.
pub struct Node {
    child: Child,
    pub port: u16,
    lines: Receiver<String>,
    /// What it wrote to standard output and standard error so far, as far as it was read.
    pub said: Vec<String>,
}

impl Node {
    /// Starts `arguments` on a free port and waits until it answers.
    pub fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Node {
        let mut node = Node::launch(arguments, settings);
        node.wait_until_ready(Duration::from_secs(60));
        node
    }

    /// Starts it and does not wait.
    pub fn launch(arguments: &[&str], settings: &[(&str, &str)]) -> Node {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = command(arguments, settings);
        command.env("LISTEN", &listen).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let (sender, lines) = channel();
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ];
        for pipe in pipes.into_iter().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Node { child, port, lines, said: Vec::new() }
    }

    /// Waits until `/ready` is green; fails with what the program said if it ends or takes too long.
    #[track_caller]
    pub fn wait_until_ready(&mut self, patience: Duration) {
        let begun = Instant::now();
        loop {
            if self.get("/ready").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return;
            }
            let ended = self.child.try_wait().expect("a child of ours");
            if ended.is_some() || begun.elapsed() > patience {
                std::thread::sleep(Duration::from_millis(100));
                panic!("the node is not ready ({ended:?}); it said:\n{}", self.listen().join("\n"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Reads what it has said meanwhile, and returns everything so far.
    pub fn listen(&mut self) -> &[String] {
        self.said.extend(self.lines.try_iter());
        &self.said
    }

    /// All that it has said, once it has ended.
    pub fn everything(&mut self) -> String {
        self.said.extend(self.lines.iter());
        self.said.join("\n")
    }

    /// Where it is reached.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The raw answer to a GET.
    pub fn get(&self, path: &str) -> std::io::Result<String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
    }

    /// The raw answer to raw bytes.
    pub fn send(&self, request: &str) -> std::io::Result<String> {
        let mut stream = self.connect()?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// A connection to it.
    pub fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(40)))?;
        Ok(stream)
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal {name} could not be sent");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self, patience: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(begun.elapsed() < patience, "the node has not ended after {patience:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
