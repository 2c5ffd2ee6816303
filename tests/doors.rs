//! Stories of the two doors to the database: a read waits for a connection only so long, a write that is
//! refused takes back nothing but its own, and a panic is nobody else's.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use tradewind::db::{Conn, DatabaseUrl, Db, Limits};
use tradewind::error::{AppError, AppResult};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

fn count(c: &mut Conn) -> AppResult<i64> {
    Ok(sql_query("SELECT COUNT(*) AS n FROM marks").get_result::<Count>(c)?.n)
}

fn mark(c: &mut Conn, n: i64) -> AppResult<()> {
    Ok(sql_query("INSERT INTO marks (n) VALUES ($1)").bind::<BigInt, _>(n).execute(c).map(|_| ())?)
}

/// A story on a database with one table of numbers.
fn story<F: Future<Output = ()>>(pool: u32, told: impl FnOnce(Db) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = DatabaseUrl::Sqlite(folder.path().join("doors.db").display().to_string());
    let mut c = Conn::open(&url).expect("a database");
    c.batch_execute("CREATE TABLE marks (n BIGINT NOT NULL UNIQUE)").expect("a table");
    let limits = Limits {
        pool,
        checkout: Duration::from_millis(200),
        deadline: Duration::from_secs(1),
        ..Limits::default()
    };
    let db = Db::open(url, limits).expect("two doors");
    actix_rt::System::new().block_on(told(db));
}

/// Starts a read that holds its connection so long.
fn hold(db: &Db, millis: u64) -> actix_rt::task::JoinHandle<AppResult<i64>> {
    let db = db.clone();
    actix_rt::spawn(async move {
        db.read(move |c| {
            std::thread::sleep(Duration::from_millis(millis));
            count(c)
        })
        .await
    })
}

#[test]
fn without_a_free_connection_a_read_is_told_to_come_back() {
    story(1, |db| async move {
        let holder = hold(&db, 700);
        actix_rt::time::sleep(Duration::from_millis(50)).await;
        let began = Instant::now();
        assert!(matches!(db.read(count).await, Err(AppError::Busy)));
        assert!(began.elapsed() < Duration::from_millis(600), "waited {:?}", began.elapsed());
        // Whoever had the connection is served, and so is the next.
        assert!(matches!(holder.await, Ok(Ok(0))));
        assert!(matches!(db.read(count).await, Ok(0)));
    });
}

#[test]
fn a_read_that_takes_too_long_is_given_up() {
    story(2, |db| async move {
        let began = Instant::now();
        assert!(matches!(hold(&db, 2_500).await, Ok(Err(AppError::Busy))));
        assert!(began.elapsed() < Duration::from_secs(2), "waited {:?}", began.elapsed());
        assert!(matches!(db.read(count).await, Ok(0)));
    });
}

#[test]
fn a_panic_in_a_read_or_a_write_is_contained() {
    story(1, |db| async move {
        let read: AppResult<()> = db.read(|_| panic!("canary")).await;
        assert!(matches!(read, Err(AppError::Internal(_))));
        let write: AppResult<()> = db
            .write(|c| {
                mark(c, 1)?;
                panic!("canary")
            })
            .await;
        assert!(matches!(write, Err(AppError::Internal(_))));
        db.write(|c| mark(c, 2)).await.expect("a write");
        assert!(matches!(db.read(count).await, Ok(1)));
    });
}

#[test]
fn a_refused_write_takes_back_its_own_and_nothing_else() {
    story(2, |db| async move {
        let slow = {
            let db = db.clone();
            actix_rt::spawn(async move {
                db.write(|c| {
                    std::thread::sleep(Duration::from_millis(200));
                    mark(c, 0)
                })
                .await
            })
        };
        actix_rt::time::sleep(Duration::from_millis(50)).await;
        // These wait together behind the slow one: every third is refused after it wrote, one panics, one
        // breaks a rule of the table.
        let writes: Vec<_> = (1..=20)
            .map(|n: i64| {
                let db = db.clone();
                actix_rt::spawn(async move {
                    db.write(move |c| {
                        mark(c, n)?;
                        match n {
                            7 => mark(c, n),
                            11 => panic!("canary"),
                            n if n % 3 == 0 => Err(AppError::Conflict("Not this one.")),
                            _ => Ok(()),
                        }
                    })
                    .await
                })
            })
            .collect();
        assert!(matches!(slow.await, Ok(Ok(()))));
        let mut kept = 1;
        for (n, write) in (1_i64..).zip(writes) {
            let result = write.await.expect("a finished task");
            match n {
                7 => assert!(result.is_err_and(|error| error.is_unique_violation())),
                11 => assert!(matches!(result, Err(AppError::Internal(_)))),
                n if n % 3 == 0 => assert!(matches!(result, Err(AppError::Conflict(_))), "{n}"),
                _ => {
                    assert!(result.is_ok(), "{n}: {result:?}");
                    kept += 1;
                }
            }
        }
        assert!(matches!(db.read(count).await, Ok(n) if n == kept));
        let (commits, writes) = db.write_counts();
        assert!(commits < writes, "{commits} commits for {writes} writes");
    });
}
