//! A small load generator: keep-alive HTTP/1.1 over plain sockets, one thread per connection, so that
//! what is measured is the server and not a client library.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// With its query.
    pub path: String,
    /// The token of the session.
    pub session: String,
    /// The fields of a form; a request without is a GET.
    pub form: Option<String>,
}

impl Call {
    /// A GET by whoever holds the session.
    pub fn get(path: impl Into<String>, session: &str) -> Call {
        Call { path: path.into(), session: session.to_owned(), form: None }
    }

    /// A POST of a form.
    pub fn post(path: impl Into<String>, session: &str, form: String) -> Call {
        Call { form: Some(form), ..Call::get(path, session) }
    }

    fn bytes(&self) -> Vec<u8> {
        let method = if self.form.is_some() { "POST" } else { "GET" };
        let mut text = format!(
            "{method} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session={}\r\nAccept: text/html\r\n\
             Sec-Fetch-Site: same-origin\r\nUser-Agent: Mozilla/5.0 (bench)\r\n",
            self.path, self.session
        );
        if let Some(form) = &self.form {
            text += &format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
                form.len()
            );
        } else {
            text += "\r\n";
        }
        text.into_bytes()
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// Where a redirect leads, or "".
    pub location: String,
    pub body: Vec<u8>,
}

/// One connection.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn connect(address: SocketAddr) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Client { reader: BufReader::with_capacity(64 * 1024, stream) })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// Those of the socket, and an answer that is not HTTP/1.1.
    pub fn send(&mut self, call: &Call) -> io::Result<Reply> {
        self.reader.get_mut().write_all(&call.bytes())?;
        let mut line = String::new();
        self.line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(not_http)?;
        let (mut length, mut chunked, mut location) = (0, false, String::new());
        loop {
            self.line(&mut line)?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(|_| not_http())?,
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "location" => location = value.to_owned(),
                _ => {}
            }
        }
        let body = if chunked { self.chunks()? } else { self.exactly(length)? };
        Ok(Reply { status, location, body })
    }

    fn line(&mut self, line: &mut String) -> io::Result<()> {
        line.clear();
        if self.reader.read_line(line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(())
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let (mut body, mut line) = (Vec::new(), String::new());
        loop {
            self.line(&mut line)?;
            let length = usize::from_str_radix(&line, 16).map_err(|_| not_http())?;
            body.extend(self.exactly(length)?);
            self.line(&mut line)?;
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

fn not_http() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP/1.1")
}

/// What a stretch of load came to.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Answered with the status that was expected.
    pub requests: u64,
    /// Anything else.
    pub failures: u64,
    /// What the first failure was.
    pub first_failure: Option<String>,
    /// From the first request to the last answer.
    pub seconds: f64,
    /// One per request, in microseconds.
    pub micros: Vec<u32>,
    /// Of all bodies.
    pub bytes: u64,
}

impl Measured {
    /// Requests per second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.requests as f64 / self.seconds } else { 0.0 }
    }

    /// Takes in another stretch.
    pub fn add(&mut self, other: Measured) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.first_failure = self.first_failure.take().or(other.first_failure);
        self.seconds += other.seconds;
        self.micros.extend(other.micros);
        self.bytes += other.bytes;
    }
}

/// Where requests come from: `next` is asked by every connection in turn, until it has none.
pub trait Source: Sync {
    /// The next request.
    fn next(&self) -> Option<Call>;
    /// The status of a good answer.
    fn status(&self) -> u16;
}

/// Sends requests over so many connections at once for so long.
///
/// # Errors
/// When a connection cannot be made; failing requests are counted.
pub fn run(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    source: &dyn Source,
) -> io::Result<Measured> {
    let clients = (0..connections).map(|_| Client::connect(address)).collect::<io::Result<Vec<_>>>()?;
    let start = Barrier::new(connections);
    let began = Instant::now();
    let mut all = Measured::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .map(|client| {
                scope.spawn(|| {
                    start.wait();
                    drive(client, address, duration, source)
                })
            })
            .collect();
        for thread in threads {
            // A panic in a thread of ours is a mistake of ours: it shows as a failure.
            all.add(thread.join().unwrap_or_else(|_| Measured { failures: 1, ..Measured::default() }));
        }
    });
    all.seconds = began.elapsed().as_secs_f64();
    Ok(all)
}

fn drive(mut client: Client, address: SocketAddr, duration: Duration, source: &dyn Source) -> Measured {
    let mut measured = Measured::default();
    let began = Instant::now();
    while began.elapsed() < duration {
        let Some(call) = source.next() else {
            break;
        };
        let sent = Instant::now();
        let problem = match client.send(&call) {
            Ok(reply) if reply.status == source.status() => {
                measured.requests += 1;
                measured.bytes += reply.body.len() as u64;
                measured.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
                continue;
            }
            Ok(reply) => format!("{} answered {} {}", call.path, reply.status, reply.location),
            Err(error) => {
                // The connection may be out of step: a fresh one, or none.
                match Client::connect(address) {
                    Ok(fresh) => client = fresh,
                    Err(_) => break,
                }
                format!("{}: {error}", call.path)
            }
        };
        measured.failures += 1;
        measured.first_failure.get_or_insert(problem);
    }
    measured
}
