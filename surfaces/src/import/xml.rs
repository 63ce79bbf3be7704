//! XML as a small tree with line numbers. Other programs' files are hostile until read: every size here has a limit, and a
//! document type with a subset of its own (where entities are declared) is refused.

use super::ImportError;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Elements in elements.
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 200_000;
const MAX_ATTRIBUTES: usize = 64;

/// An element of a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    /// Without its namespace prefix.
    pub(crate) name: String,
    /// Where it begins; counts from 1.
    pub(crate) line: u32,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
    /// All text directly inside, in one piece.
    pub(crate) text: String,
}

impl Node {
    /// The value of an attribute, trimmed.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The first child of this name, capitals or not.
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn children_named<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Node> {
        self.children.iter().filter(move |child| child.name.eq_ignore_ascii_case(name))
    }

    /// The text of the first child of this name, trimmed; empty if there is none.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// The root element of a document.
///
/// # Errors
/// What makes it no document of ours, and in which line.
pub(crate) fn parse(text: &str) -> Result<Node, ImportError> {
    let lines = Lines::new(text);
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    let mut nodes = 0_usize;
    loop {
        let at = lines.line(reader.buffer_position());
        let fault = |message: String| ImportError::Xml { line: at, message };
        let event = reader.read_event().map_err(|error| ImportError::Xml {
            line: lines.line(reader.error_position()),
            message: error.to_string(),
        })?;
        match event {
            Event::Start(start) | Event::Empty(start) if nodes >= MAX_NODES => {
                drop(start);
                return Err(fault(format!("more than {MAX_NODES} elements")));
            }
            Event::Start(start) => {
                nodes += 1;
                if open.len() >= MAX_DEPTH {
                    return Err(fault(format!("elements in elements, more than {MAX_DEPTH} deep")));
                }
                open.push(node(&start, at)?);
            }
            Event::Empty(start) => {
                nodes += 1;
                close(node(&start, at)?, &mut open, &mut root).map_err(fault)?;
            }
            Event::End(_) => {
                let Some(node) = open.pop() else { return Err(fault("an end without a beginning".to_owned())) };
                close(node, &mut open, &mut root).map_err(fault)?;
            }
            Event::Text(text) => add_text(&mut open, &String::from_utf8_lossy(&text)),
            Event::CData(text) => add_text(&mut open, &String::from_utf8_lossy(&text)),
            Event::GeneralRef(name) => {
                let letter = match name.resolve_char_ref() {
                    Ok(Some(letter)) => letter,
                    _ => match &*name {
                        b"amp" => '&',
                        b"lt" => '<',
                        b"gt" => '>',
                        b"quot" => '"',
                        b"apos" => '\'',
                        other => {
                            let name: String = String::from_utf8_lossy(other).chars().take(40).collect();
                            return Err(fault(format!("the entity '{name}' is not known")));
                        }
                    },
                };
                add_text(&mut open, letter.encode_utf8(&mut [0; 4]));
            }
            Event::DocType(text) if text.contains(&b'[') => {
                return Err(fault("it declares entities of its own, which are not read".to_owned()));
            }
            Event::Eof => break,
            Event::DocType(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    match (open.last(), root) {
        (Some(node), _) => {
            Err(ImportError::Xml { line: node.line, message: format!("the element '{}' has no end", node.name) })
        }
        (None, Some(root)) => Ok(root),
        (None, None) => Err(ImportError::Xml { line: 1, message: "there is no element".to_owned() }),
    }
}

fn close(node: Node, open: &mut [Node], root: &mut Option<Node>) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(node),
        None if root.is_some() => return Err("a second document after the first".to_owned()),
        None => *root = Some(node),
    }
    Ok(())
}

fn add_text(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

fn node(start: &BytesStart<'_>, line: u32) -> Result<Node, ImportError> {
    let fault = |message: String| ImportError::Xml { line, message };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| fault(error.to_string()))?;
        if attributes.len() >= MAX_ATTRIBUTES {
            return Err(fault(format!("an element with more than {MAX_ATTRIBUTES} attributes")));
        }
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| fault(error.to_string()))?.into_owned();
        attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value));
    }
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    Ok(Node { name, line, attributes, children: Vec::new(), text: String::new() })
}

/// Where lines begin.
struct Lines(Vec<u64>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(text.bytes().zip(1_u64..).filter(|(byte, _)| *byte == b'\n').map(|(_, after)| after).collect())
    }

    /// Of a byte; counts from 1.
    fn line(&self, byte: u64) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= byte)).unwrap_or(u32::MAX - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_a_tree_with_lines() {
        let root = parse("<?xml version='1.0'?>\n<a k='1 &amp; 2'>\n <b/>x&lt;&#65;\n <c>é</c></a>\n").unwrap();
        assert_eq!((root.name.as_str(), root.line, root.attribute("k")), ("a", 2, Some("1 & 2")));
        assert_eq!((root.children[0].line, root.children[1].line), (3, 4));
        assert_eq!(root.text.trim(), "x<A");
        assert_eq!(root.text_of("C"), "é");
    }

    #[test]
    fn what_could_hurt_is_refused_with_its_line() {
        let bomb = "<!DOCTYPE a [\n<!ENTITY b \"cccccccc\">\n]>\n<a>&b;</a>";
        let deep = "<a>".repeat(1_000);
        let wide = format!("<a {}/>", (0..100).map(|n| format!("k{n}='' ")).collect::<String>());
        let cases = ["", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<a k=1/>", "<a k='1' k='2'/>", "</a>", "<a"];
        for text in cases.into_iter().chain([bomb, deep.as_str(), wide.as_str()]) {
            assert!(matches!(parse(text), Err(ImportError::Xml { .. })), "{text:.40}");
        }
        let Err(ImportError::Xml { line, .. }) = parse("<a>\n\n&nope;</a>") else { panic!() };
        assert_eq!(line, 3);
    }

    #[test]
    fn a_document_type_alone_does_no_harm() {
        assert_eq!(parse("<!DOCTYPE InputProfile>\n<a/>").unwrap().line, 2);
    }
}
