//! Words for numbers and names.

use super::interruption::{Interruption, Reach};

/// Names as a list: `a, b and c`.
pub(super) fn list(names: &[String], conjunction: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {conjunction} {last}", most.join(", ")),
    }
}

/// Some of these: `cp-1`, `any of cp-1, cp-2 and cp-3`, `any 2 of …`, or all of them.
pub(super) fn some_of(count: usize, names: &[String]) -> String {
    if count >= names.len() {
        list(names, "and")
    } else if count == 1 {
        format!("any of {}", list(names, "and"))
    } else {
        format!("any {count} of {}", list(names, "and"))
    }
}

/// A number up to ten in a word.
pub(super) fn number(count: usize) -> String {
    const WORDS: [&str; 11] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    WORDS
        .get(count)
        .map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

/// Milliseconds as seconds, to a tenth.
pub(super) fn seconds(milliseconds: u32) -> String {
    let tenths = (milliseconds + 50) / 100;
    if tenths.is_multiple_of(10) {
        (tenths / 10).to_string()
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

impl Interruption {
    /// How long, in words. `reconnect`: connections are cut, and a new one works at once.
    pub fn words(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Lasts { most: Some(0), .. } => "reconnect".to_owned(),
            Self::Lasts { most: None, .. } => "not published".to_owned(),
            Self::Lasts {
                least: 0,
                most: Some(most),
                ..
            } => format!("up to {} s", seconds(most)),
            Self::Lasts {
                least,
                most: Some(most),
                ..
            } => {
                let (least, most) = (seconds(least), seconds(most));
                if least == most {
                    format!("{most} s")
                } else {
                    format!("{least} to {most} s")
                }
            }
            Self::UntilRepaired(_) => "until repaired".to_owned(),
        }
    }

    /// Who notices, in a word. Some are those whose requests meet what failed.
    pub fn who(self) -> &'static str {
        match self {
            Self::None => "nobody",
            Self::Lasts {
                reach: Reach::Some, ..
            }
            | Self::UntilRepaired(Reach::Some) => "some",
            Self::Lasts {
                reach: Reach::Everyone,
                ..
            }
            | Self::UntilRepaired(Reach::Everyone) => "everyone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{list, seconds, some_of};
    use crate::drill::Interruption;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn seconds_have_at_most_one_digit_behind_the_point() {
        assert_eq!(
            [0, 609, 1000, 2609, 3609, 20_609, 9950].map(seconds),
            ["0", "0.6", "1", "2.6", "3.6", "20.6", "10"]
        );
    }

    #[test]
    fn some_of_a_few_names() {
        assert_eq!(list(&names(&["a", "b", "c"]), "or"), "a, b or c");
        assert_eq!(some_of(1, &names(&["a"])), "a");
        assert_eq!(some_of(1, &names(&["a", "b"])), "any of a and b");
        assert_eq!(some_of(2, &names(&["a", "b", "c"])), "any 2 of a, b and c");
        assert_eq!(some_of(3, &names(&["a", "b", "c"])), "a, b and c");
    }

    #[test]
    fn two_times_at_once_last_as_long_as_the_longer() {
        let (short, long) = (
            Interruption::everyone(500, 2000),
            Interruption::some(1000, 9000),
        );
        assert_eq!(short.and(long), Interruption::some(1000, 9000));
        assert_eq!(short.then(long), Interruption::everyone(1500, 11_000));
        assert_eq!(short.maybe().words(), "up to 2 s");
        assert_eq!(long.words(), "1 to 9 s");
        assert_eq!(Interruption::None.and(long), long);
        let unknown = Interruption::Lasts {
            least: 0,
            most: None,
            reach: crate::drill::Reach::Some,
        };
        assert_eq!(unknown.and(long).words(), "not published");
    }
}
