//! What follows from sums: elimination over a prime field.
//!
//! A fact is the sum of some unknowns. Every sum that follows from the facts by adding and subtracting is a
//! combination of the reduced rows. Coefficients of such systems are small numbers, so what holds modulo
//! this prime holds for whole numbers too, but for accidents of one in two thousand millions.

/// 2^31 - 1.
const PRIME: u64 = 2_147_483_647;

/// A sum that follows: unknowns with their factors, by their numbers.
pub type Row = Vec<(usize, u64)>;

/// The reduced rows of facts about so many unknowns; each begins with an unknown that is in no other.
pub fn reduced(facts: &[Vec<usize>], unknowns: usize) -> Vec<Row> {
    let mut rows: Vec<Vec<u64>> = facts
        .iter()
        .map(|fact| {
            let mut row = vec![0; unknowns];
            fact.iter().for_each(|at| row[*at] = 1);
            row
        })
        .collect();
    let mut done = 0;
    for column in 0..unknowns {
        let Some(pivot) = (done..rows.len()).find(|at| rows[*at][column] != 0) else { continue };
        rows.swap(done, pivot);
        let inverse = power(rows[done][column], PRIME - 2);
        let pivot_row: Vec<u64> = rows[done].iter().map(|factor| factor * inverse % PRIME).collect();
        for (at, row) in rows.iter_mut().enumerate() {
            let factor = row[column];
            if at != done && factor != 0 {
                for (own, other) in row.iter_mut().zip(&pivot_row).skip(column) {
                    *own = (*own + (PRIME - factor) * other) % PRIME;
                }
            }
        }
        rows[done] = pivot_row;
        done += 1;
    }
    rows.truncate(done);
    rows.into_iter()
        .map(|row| row.into_iter().enumerate().filter(|(_, factor)| *factor != 0).collect())
        .collect()
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut base, mut result) = (base % PRIME, 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent /= 2;
    }
    result
}

/// Whether the sum of these unknowns follows from reduced rows.
pub fn follows(rows: &[Row], sum: &[usize]) -> bool {
    let mut left: std::collections::BTreeMap<usize, u64> = sum.iter().map(|at| (*at, 1)).collect();
    for row in rows {
        let Some(factor) = row.first().and_then(|(pivot, _)| left.get(pivot).copied()) else { continue };
        for (at, own) in row {
            let entry = left.entry(*at).or_default();
            *entry = (*entry + (PRIME - factor) * own) % PRIME;
            if *entry == 0 {
                left.remove(at);
            }
        }
    }
    left.is_empty()
}

/// One row with another added or taken away: the unknowns that are left.
pub fn combined(one: &Row, other: &Row, subtract: bool) -> Vec<usize> {
    let (mut a, mut b) = (one.iter().peekable(), other.iter().peekable());
    let mut left = Vec::new();
    loop {
        let (first, second) = (a.peek().map(|e| e.0), b.peek().map(|e| e.0));
        match (first, second) {
            (Some(x), Some(y)) if x == y => {
                let (x, y) = (a.next().map_or(0, |e| e.1), b.next().map_or(0, |e| e.1));
                let y = if subtract { PRIME - y } else { y };
                if (x + y) % PRIME != 0 {
                    left.extend(first);
                }
            }
            (Some(x), y) if y.is_none_or(|y| x < y) => {
                left.push(x);
                a.next();
            }
            (_, Some(y)) => {
                left.push(y);
                b.next();
            }
            _ => return left,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_found() {
        // All, and two of three: the third follows, the two do not.
        assert_eq!(reduced(&[vec![0, 1, 2], vec![0, 1]], 3), [vec![(0, 1), (1, 1)], vec![(2, 1)]]);
        // The margins of a table of two by two leave a circle.
        let rows = reduced(&[vec![0, 1], vec![2, 3], vec![0, 2], vec![1, 3]], 4);
        assert!(rows.len() == 3 && rows.iter().all(|row| row.len() > 1), "{rows:?}");
        // With one of its cells everything follows.
        let rows = reduced(&[vec![0, 1], vec![2, 3], vec![0, 2], vec![3]], 4);
        assert!(rows.len() == 4 && rows.iter().all(|row| row.len() == 1), "{rows:?}");
        // Three sums of pairs.
        assert!(reduced(&[vec![0, 1], vec![1, 2], vec![0, 2]], 3).iter().all(|row| row.len() == 1));
    }

    #[test]
    fn a_sum_follows_or_does_not() {
        let rows = reduced(&[vec![0, 1], vec![2, 3], vec![0, 2]], 4);
        assert!(follows(&rows, &[0, 1, 2, 3]) && follows(&rows, &[1, 3]) && follows(&rows, &[]));
        assert!(!follows(&rows, &[0]) && !follows(&rows, &[0, 3]) && !follows(&rows, &[0, 1, 2]));
    }

    #[test]
    fn rows_combine() {
        let (one, other) = (vec![(0, 1), (2, 1), (3, PRIME - 1)], vec![(1, 1), (2, 1), (3, 1)]);
        assert_eq!(combined(&one, &other, true), [0, 1, 3]);
        assert_eq!(combined(&one, &other, false), [0, 1, 2]);
    }
}
