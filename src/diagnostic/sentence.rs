//! Small words that make sentences read right: counts, lists, and "did you mean".

use std::fmt;

/// A number with its noun: `1 node`, `3 nodes`.
#[derive(Clone, Copy, Debug)]
pub struct Count(pub usize, pub &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = match self.1 {
            _ if self.0 == 1 => self.1.to_owned(),
            noun if noun.ends_with("ch") || noun.ends_with('s') => format!("{noun}es"),
            noun => format!("{noun}s"),
        };
        write!(f, "{} {plural}", self.0)
    }
}

/// Names in ticks with commas and a last word: `` `a`, `b` or `c` ``.
#[derive(Clone, Debug)]
pub struct List<T>(pub Vec<T>, pub &'static str);

impl<T: fmt::Display> fmt::Display for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            if at > 0 {
                if at + 1 == self.0.len() {
                    write!(f, " {} ", self.1)?;
                } else {
                    f.write_str(", ")?;
                }
            }
            write!(f, "`{item}`")?;
        }
        Ok(())
    }
}

/// The candidate that `word` most likely meant, if any is near enough.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&folded, &fold(candidate)), candidate))
        .filter(|(score, _)| *score > 0.82)
        // Of two that are as near, the first: the safer word stands first.
        .fold(None, |best: Option<(f64, &str)>, found| match best {
            Some(best) if best.0 >= found.0 => Some(best),
            _ => Some(found),
        })
        .map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> String {
    word.chars()
        .take(64)
        .filter(|c| !matches!(c, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Count, List, closest};

    #[test]
    fn numbers_and_lists_read_right() {
        assert_eq!(Count(1, "node").to_string(), "1 node");
        assert_eq!(Count(0, "node").to_string(), "0 nodes");
        assert_eq!(Count(2, "address").to_string(), "2 addresses");
        assert_eq!(List(vec!["a"], "or").to_string(), "`a`");
        assert_eq!(
            List(vec!["a", "b", "c"], "or").to_string(),
            "`a`, `b` or `c`"
        );
    }

    #[test]
    fn a_slip_finds_its_word_and_nonsense_does_not() {
        let keys = ["count", "allowSingle", "controlPlane"];
        assert_eq!(closest("cuont", keys), Some("count"));
        assert_eq!(closest("control_plane", keys), Some("controlPlane"));
        assert_eq!(closest("zebra", keys), None);
    }
}
