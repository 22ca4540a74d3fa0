//! Aligns `=` the way `terraform fmt` does.
//!
//! hcl-rs writes canonical HCL but aligns nothing. Terraform's rule (hclwrite,
//! `formatCells`): consecutive lines with an `=` form a run and share the widest left side. A
//! blank line, a comment, a block, or a value that opens a bracket and does not close it ends
//! the run; a heredoc counts as one line and does not.

use std::fmt::Write as _;

/// Aligns canonical HCL text, as hcl-rs writes it.
pub fn align(source: &str) -> String {
    let lines = logical_lines(source);
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    for run in lines.chunk_by(|a, b| a.aligns() && b.aligns()) {
        let width = run
            .iter()
            .map(|line| line.lead.chars().count())
            .max()
            .unwrap_or(0);
        for line in run {
            match &line.value {
                Some(value) if line.aligns() => {
                    let _ = writeln!(out, "{:width$} {value}", line.lead);
                }
                Some(value) => {
                    let _ = writeln!(out, "{} {value}", line.lead);
                }
                None => {
                    let _ = writeln!(out, "{}", empty_block(line.lead));
                }
            }
            for body in &line.heredoc {
                let _ = writeln!(out, "{body}");
            }
        }
    }
    out
}

/// A line, or a heredoc with its body.
struct Line<'a> {
    /// What stands left of the `=`, or the whole line.
    lead: &'a str,
    /// The `=` and what stands right of it.
    value: Option<String>,
    /// Whether the value opens more brackets than it closes.
    opens: bool,
    heredoc: Vec<&'a str>,
}

impl Line<'_> {
    /// Whether the line is part of a run.
    fn aligns(&self) -> bool {
        self.value.is_some() && !self.opens
    }
}

fn logical_lines(source: &str) -> Vec<Line<'_>> {
    let mut lines = source.lines();
    let mut out = Vec::new();
    while let Some(text) = lines.next() {
        let scan = scan(text);
        let mut heredoc = Vec::new();
        if let Some(delimiter) = scan.heredoc {
            for body in lines.by_ref() {
                heredoc.push(body);
                if body.trim() == delimiter {
                    break;
                }
            }
        }
        out.push(Line {
            lead: scan.equals.map_or(text, |at| text[..at].trim_end()),
            value: scan.equals.map(|at| scan.spaced(text, at)),
            opens: scan.depth != 0,
            heredoc,
        });
    }
    out
}

/// What a line is made of.
#[derive(Default)]
struct Scan<'a> {
    /// Where the first `=` of an assignment is.
    equals: Option<usize>,
    /// How far its brackets are from balanced.
    depth: i32,
    /// The delimiter of a heredoc that begins here.
    heredoc: Option<&'a str>,
    /// Where `terraform fmt` has a space and hcl-rs none: inside the braces of a `for`.
    gaps: Vec<usize>,
}

impl Scan<'_> {
    /// The text from `start`, with the spaces that are missing.
    fn spaced(&self, text: &str, start: usize) -> String {
        let mut out = String::with_capacity(text.len() - start + self.gaps.len());
        let mut from = start;
        for gap in self.gaps.iter().copied().filter(|gap| *gap > start) {
            out.push_str(&text[from..gap]);
            out.push(' ');
            from = gap;
        }
        out.push_str(&text[from..]);
        out
    }
}

/// Reads a line outside quotes, templates and comments.
fn scan(line: &str) -> Scan<'_> {
    let mut found = Scan::default();
    if line.trim_start().starts_with('#') {
        return found;
    }
    let bytes = line.as_bytes();
    // A quoted text, and how many braces of a `${` or `%{` in it are open.
    let mut quotes: Vec<u32> = Vec::new();
    // The braces that are open, and whether they are those of a `for`.
    let mut braces: Vec<bool> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match (bytes[at], quotes.last_mut()) {
            (b'\\', Some(0)) => at += 1,
            (b'"', Some(0)) => {
                quotes.pop();
            }
            // `$${` and `%%{` are text.
            (b'$' | b'%', Some(0)) if rest.starts_with(b"$${") || rest.starts_with(b"%%{") => {
                at += 2;
            }
            (b'$' | b'%', Some(open @ 0)) if bytes.get(at + 1) == Some(&b'{') => {
                *open = 1;
                at += 1;
            }
            // In a template only its own braces count.
            (b'"', None | Some(1..)) => quotes.push(0),
            (b'{', Some(open @ 1..)) => *open += 1,
            (b'}', Some(open @ 1..)) => *open -= 1,
            (b'{', None) => {
                let is_for = rest.starts_with(b"{for ");
                if is_for {
                    found.gaps.push(at + 1);
                }
                braces.push(is_for);
                found.depth += 1;
            }
            (b'}', None) => {
                if braces.pop() == Some(true) && at > 0 && bytes[at - 1] != b' ' {
                    found.gaps.push(at);
                }
                found.depth -= 1;
            }
            (b'(' | b'[', None) => found.depth += 1,
            (b')' | b']', None) => found.depth -= 1,
            (b'<', None) if rest.starts_with(b"<<") && found.equals.is_some() => {
                let delimiter = line[at..].trim_start_matches('<');
                found.heredoc = Some(delimiter.trim_start_matches('-').trim());
                break;
            }
            (b'=', None) if found.equals.is_none() && found.depth == 0 => {
                let before = at.checked_sub(1).map(|before| bytes[before]);
                let comparison = matches!(bytes.get(at + 1), Some(b'=' | b'>'))
                    || matches!(before, Some(b'=' | b'!' | b'<' | b'>'));
                if !comparison {
                    found.equals = Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// hcl-rs writes an empty block as `name {  }`, with more spaces inside another block.
fn empty_block(line: &str) -> std::borrow::Cow<'_, str> {
    match line.strip_suffix('}').map(str::trim_end) {
        Some(head) if head.ends_with('{') => format!("{head}}}").into(),
        _ => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::align;

    #[test]
    fn a_run_shares_the_widest_left_side() {
        assert_eq!(
            align("a {\n  x = 1\n  long = \"a = b\"\n\n  y = 2\n}\n"),
            "a {\n  x    = 1\n  long = \"a = b\"\n\n  y = 2\n}\n"
        );
    }

    #[test]
    fn an_open_bracket_stands_alone() {
        assert_eq!(
            align("long = 1\na = {\n  \"x\" = 1\n}\nbb = 2\n"),
            "long = 1\na = {\n  \"x\" = 1\n}\nbb = 2\n"
        );
    }

    #[test]
    fn a_heredoc_is_one_line() {
        assert_eq!(
            align("a = <<EOT\nx = 1\nEOT\nlong = 2\n"),
            "a    = <<EOT\nx = 1\nEOT\nlong = 2\n"
        );
    }

    #[test]
    fn an_equals_sign_in_a_template_is_not_an_assignment() {
        assert_eq!(
            align("a = \"${b == \"}\" ? \"=\" : \"c\"}\"\nlonger = 1\n"),
            "a      = \"${b == \"}\" ? \"=\" : \"c\"}\"\nlonger = 1\n"
        );
    }

    #[test]
    fn the_braces_of_a_for_have_room_and_those_in_a_text_stay() {
        assert_eq!(
            align("a = {for k, v in b : k => \"{for ${v}}\"}\n"),
            "a = { for k, v in b : k => \"{for ${v}}\" }\n"
        );
    }
}
