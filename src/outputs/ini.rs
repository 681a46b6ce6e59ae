//! A reader of INI files that loses nothing.
//!
//! It says what each line *is* and keeps its bytes, so that an editor can leave out, prefix or add lines and write
//! all others back as they were: comments, order, odd spacing, CRLF, a byte order mark, bytes that are not UTF-8.
//! Lines mean what Python's `configparser` says they mean, because botocore reads the AWS files with it and is the
//! strictest of their readers: a line indented deeper than the key above it continues that key's value.
//!
//! Left out: values, since nobody here needs anybody else's secrets, and the lone carriage return as a line ending.

/// An INI file, line by line.
pub(crate) struct Ini<'a> {
    pub(crate) lines: Vec<Line<'a>>,
    titles: Vec<String>,
}

/// One line with its line ending.
pub(crate) struct Line<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: Kind,
    /// Which section it is in, counted from 1; a header is in its own section, and 0 is what stands before any.
    pub(crate) section: usize,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Blank,
    Comment,
    Header,
    /// A key with its value; key names do not depend on case.
    Key(String),
    /// More of the value above.
    Continuation,
    /// Nothing an INI file should have.
    Other,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Ini<'a> {
    pub(crate) fn parse(file: &'a [u8]) -> Self {
        let mut ini = Self { lines: Vec::new(), titles: Vec::new() };
        // How deep the key is indented that a deeper line would continue.
        let mut open_key = None;
        for bytes in file.split_inclusive(|byte| *byte == b'\n') {
            let text = if ini.lines.is_empty() { without_mark(bytes) } else { bytes };
            let kind = classify(text, open_key);
            match &kind {
                Kind::Key(_) => open_key = Some(indentation(text)),
                Kind::Header => {
                    open_key = None;
                    ini.titles.push(title(text).unwrap_or_default());
                }
                _ => {}
            }
            ini.lines.push(Line { bytes, kind, section: ini.titles.len() });
        }
        ini
    }

    /// The numbers of the sections whose title passes `wanted`.
    pub(crate) fn sections(&self, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
        let numbered = self.titles.iter().enumerate();
        numbered.filter(|(_, title)| wanted(title)).map(|(index, _)| index + 1).collect()
    }

    /// What stands between the brackets of a section's header.
    pub(crate) fn title(&self, section: usize) -> &str {
        section.checked_sub(1).and_then(|index| self.titles.get(index)).map_or("", String::as_str)
    }

    /// What stands between the brackets of all headers.
    pub(crate) fn titles(&self) -> impl Iterator<Item = &str> {
        self.titles.iter().map(String::as_str)
    }

    /// The titles that occur more than once, each once.
    pub(crate) fn repeated_titles(&self) -> Vec<&str> {
        let again = self.titles.iter().enumerate().filter(|(index, title)| {
            self.titles[..*index].iter().filter(|earlier| earlier == title).count() == 1
        });
        again.map(|(_, title)| title.as_str()).collect()
    }

    /// How lines end in this file, judged by the first. One that stops half-way has the longer ending: with the other,
    /// it would seem to have the longer one as soon as something follows.
    pub(crate) fn line_ending(&self) -> &'static str {
        match self.lines.first() {
            Some(line) if line.bytes.ends_with(b"\r") => "\r\n",
            first => first.and_then(Line::ending).unwrap_or("\n"),
        }
    }

    /// How deep a line at the end of a section has to be indented to be a key, and to leave the header below it a
    /// header: like the last key, or else like that header.
    pub(crate) fn indentation_at_end(&self, section: usize) -> &str {
        let key = self.lines.iter().rfind(|line| line.section == section && line.key().is_some());
        let header = || self.lines.iter().find(|line| line.section == section + 1);
        let space = key.or_else(header).map(|line| &line.bytes[..indentation(line.bytes)]);
        space.and_then(|space| str::from_utf8(space).ok()).unwrap_or_default()
    }

    /// Whether the file begins with a UTF-8 byte order mark.
    pub(crate) fn has_byte_order_mark(&self) -> bool {
        self.lines.first().is_some_and(|line| line.bytes.starts_with(BYTE_ORDER_MARK))
    }
}

impl Line<'_> {
    /// The key's name, if the line is one.
    pub(crate) fn key(&self) -> Option<&str> {
        if let Kind::Key(name) = &self.kind { Some(name) } else { None }
    }

    /// Whether the line is more than space and comment.
    pub(crate) fn is_content(&self) -> bool {
        !matches!(self.kind, Kind::Blank | Kind::Comment)
    }

    /// Its line ending; `None` if it is the last line and has none.
    pub(crate) fn ending(&self) -> Option<&'static str> {
        match self.bytes {
            [.., b'\r', b'\n'] => Some("\r\n"),
            [.., b'\n'] => Some("\n"),
            _ => None,
        }
    }
}

/// The lower-case name in `name = value`, if that is what the line looks like.
pub(crate) fn key_name(line: &[u8]) -> Option<String> {
    let end = line.iter().position(|byte| matches!(byte, b'=' | b':'))?;
    let name = line[..end].trim_ascii();
    (!name.is_empty()).then(|| String::from_utf8_lossy(name).to_lowercase())
}

fn classify(line: &[u8], open_key: Option<usize>) -> Kind {
    match line.trim_ascii() {
        [] => Kind::Blank,
        [b'#' | b';', ..] => Kind::Comment,
        _ if open_key.is_some_and(|depth| indentation(line) > depth) => Kind::Continuation,
        _ if title(line).is_some() => Kind::Header,
        _ => key_name(line).map_or(Kind::Other, Kind::Key),
    }
}

fn indentation(line: &[u8]) -> usize {
    line.len() - line.trim_ascii_start().len()
}

fn title(line: &[u8]) -> Option<String> {
    let inside = line.trim_ascii_start().strip_prefix(b"[")?;
    let end = inside.iter().position(|byte| *byte == b']')?;
    Some(String::from_utf8_lossy(&inside[..end]).into_owned())
}

fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(file: &str) -> Vec<Kind> {
        Ini::parse(file.as_bytes()).lines.into_iter().map(|line| line.kind).collect()
    }

    fn key(name: &str) -> Kind {
        Kind::Key(name.to_owned())
    }

    #[test]
    fn a_deeper_line_continues_the_key_above_it() {
        let file = "[default]\ns3 =\n  a = b\n\n  # c\n  [d]\nregion: e\n";
        let expected = [
            Kind::Header,
            key("s3"),
            Kind::Continuation,
            Kind::Blank,
            Kind::Comment,
            Kind::Continuation,
            key("region"),
        ];
        assert_eq!(kinds(file), expected);
    }

    #[test]
    fn keys_that_are_all_indented_alike_are_keys() {
        let expected = [Kind::Header, key("region"), key("output")];
        assert_eq!(kinds("[default]\n  Region = a\n  output = b"), expected);
    }

    #[test]
    fn a_byte_order_mark_does_not_hide_the_first_header() {
        let ini = Ini::parse(b"\xEF\xBB\xBF[default]\r\n\xFF\r\n");
        assert!(ini.has_byte_order_mark());
        assert_eq!(ini.sections(|title| title == "default"), [1]);
        assert_eq!(ini.line_ending(), "\r\n");
        assert_eq!(ini.lines[1].kind, Kind::Other);
    }

    #[test]
    fn a_title_that_comes_three_times_is_named_once() {
        let ini = Ini::parse(b"[a]\n[b]\n[a]\n[a]\n");
        assert_eq!(ini.repeated_titles(), ["a"]);
    }
}
