use std::sync::mpsc::{Receiver, Sender, channel};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use tempfile::TempDir;

use super::*;
use crate::db::Conn;

const LONG: Duration = Duration::from_secs(30);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// The number in the database, by one more statement.
fn number(c: &mut Conn) -> AppResult<i64> {
    Ok(diesel::sql_query("SELECT n FROM numbers").get_result::<Number>(c)?.n)
}

/// A file with one number in it, whoever writes it, and readers of it.
struct File {
    _folder: TempDir,
    writer: Conn,
    readers: Arc<Readers>,
}

impl File {
    fn new(threads: usize, awake: usize) -> File {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("numbers.db").display().to_string();
        let url = DatabaseUrl::Sqlite(path);
        let mut writer = Conn::open(&url).expect("a database");
        writer
            .batch_execute("CREATE TABLE numbers (n BIGINT); INSERT INTO numbers VALUES (0)")
            .expect("rows");
        let readers = Readers::start_with(threads, awake, || Source::new(Place::of(url.clone()), false))
            .expect("threads");
        File { _folder: folder, writer, readers: Arc::new(readers) }
    }

    fn write(&mut self, n: i64) {
        self.writer.batch_execute(&format!("UPDATE numbers SET n = {n}")).expect("written");
    }

    /// Submits a read that says when it has begun and seen the number, and goes on when it is told to.
    fn held(&self) -> (Receiver<i64>, Sender<()>, impl Future<Output = AppResult<i64>> + use<>) {
        let (begun, has_begun) = channel();
        let (go, may_go) = channel();
        let read = submitted({
            let readers = self.readers.clone();
            async move {
                let work = move |c: &mut Conn| {
                    let seen = number(c)?;
                    let _ = begun.send(seen);
                    let _ = may_go.recv();
                    number(c)
                };
                readers.run(work, LONG, LONG).await
            }
        });
        (has_begun, go, read)
    }

    /// Submits a read of the number.
    fn read(&self) -> impl Future<Output = AppResult<i64>> + use<> {
        let readers = self.readers.clone();
        submitted(async move { readers.run(number, LONG, LONG).await })
    }
}

/// Polls once, by which a read is submitted; a quick reader may have answered by then.
fn submitted<T>(read: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut read = Box::pin(read);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = read.as_mut().poll(&mut context);
    async move {
        match polled {
            std::task::Poll::Ready(answer) => answer,
            std::task::Poll::Pending => read.await,
        }
    }
}

#[actix_rt::test]
async fn a_read_sees_what_was_written_before_it_was_submitted() {
    let mut file = File::new(1, 1);
    let (begun, go, held) = file.held();
    assert_eq!(begun.recv(), Ok(0));
    file.write(1);
    let after = file.read();
    go.send(()).expect("it waits");
    assert_eq!(held.await.ok(), Some(0), "its snapshot began before the write");
    assert_eq!(after.await.ok(), Some(1));
}

#[actix_rt::test]
async fn reads_that_waited_together_share_a_snapshot() {
    let mut file = File::new(1, 1);
    let (begun, go, held) = file.held();
    assert_eq!(begun.recv(), Ok(0));
    let (second_begun, second_go, second) = file.held();
    let third = file.read();
    file.write(1);
    go.send(()).expect("it waits");
    assert_eq!(held.await.ok(), Some(0));
    assert_eq!(second_begun.recv(), Ok(1), "it was submitted after the first snapshot began");
    file.write(2);
    second_go.send(()).expect("it waits");
    assert_eq!(second.await.ok(), Some(1));
    assert_eq!(third.await.ok(), Some(1), "it waited with the second");
    assert_eq!(file.read().await.ok(), Some(2));
}

#[actix_rt::test]
async fn nobody_holds_a_snapshot_when_nothing_is_read() {
    #[derive(QueryableByName)]
    struct Checkpoint {
        #[diesel(sql_type = BigInt)]
        busy: i64,
    }
    let mut file = File::new(1, 1);
    assert_eq!(file.read().await.ok(), Some(0));
    file.write(1);
    // The thread lets go after it has answered: it is asked again until it has.
    let began = std::time::Instant::now();
    loop {
        let checkpoint =
            diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result::<Checkpoint>(&mut file.writer);
        if checkpoint.expect("an answer").busy == 0 {
            break;
        }
        assert!(began.elapsed() < LONG, "a snapshot is still held");
    }
}

#[actix_rt::test]
async fn a_long_read_holds_nobody_up_while_a_thread_rests() {
    let file = File::new(2, 1);
    let (begun, go, held) = file.held();
    assert_eq!(begun.recv(), Ok(0));
    assert_eq!(file.read().await.ok(), Some(0));
    go.send(()).expect("it waits");
    assert_eq!(held.await.ok(), Some(0));
}

#[actix_rt::test]
async fn after_a_panic_and_an_error_reads_go_on() {
    let mut file = File::new(1, 1);
    let readers = file.readers.clone();
    let panics = readers.run(|_| -> AppResult<()> { panic!("on purpose") }, LONG, LONG).await;
    assert!(matches!(panics, Err(AppError::Internal(_))), "{panics:?}");
    let fails = |c: &mut Conn| Ok(diesel::sql_query("SELECT n FROM nowhere").get_result::<Number>(c)?.n);
    let failed = readers.run(fails, LONG, LONG).await;
    assert!(matches!(failed, Err(AppError::Database(_))), "{failed:?}");
    file.write(3);
    assert_eq!(file.read().await.ok(), Some(3));
}
