//! A path as a sequence diagram in SVG: a lifeline for the client, the gateway and each backend.

use quick_xml::escape::escape;

use super::calls::{Arrow, End, arrows};
use crate::verify::{Course, Setup};
use crate::wording::wrapped;

const NARROWEST: usize = 190;
const ROW: usize = 34;
const TOP: usize = 56;
/// Width of a letter of a name.
const LETTER: usize = 9;
/// Letters of a note in one line.
const NOTE: usize = 84;

/// The picture.
pub(crate) fn svg(course: &Course, setup: &Setup) -> String {
    let mut names = vec!["client".to_owned(), "gateway".to_owned()];
    names.extend(setup.gateway.backends().iter().map(|backend| backend.name.to_string()));
    // Names stand beside each other, whole.
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let column = NARROWEST.max(longest * LETTER + 20);
    let left = column.div_ceil(2);
    let x = |end: End| left + column * place(end);
    let arrows = arrows(course, setup);
    let rows: usize = arrows
        .iter()
        .map(|arrow| if let Arrow::Note { words, .. } = arrow { lines(words).len() } else { 1 })
        .sum();
    let width = (left * 2 + column * (names.len() - 1)).max(left + column + 8 * NOTE);
    let height = TOP + ROW * (rows + 1);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#333\"/></marker></defs>\n"
    );
    for (number, name) in names.iter().enumerate() {
        let x = left + column * number;
        text.push_str(&format!(
            "<text x=\"{x}\" y=\"24\" text-anchor=\"middle\" font-weight=\"bold\">{}</text>\n\
             <line x1=\"{x}\" y1=\"36\" x2=\"{x}\" y2=\"{height}\" stroke=\"#bbb\"/>\n",
            escape(name.as_str())
        ));
    }
    let mut y = TOP;
    for arrow in &arrows {
        match arrow {
            Arrow::Call { from, to, words, is_answer } => {
                let (from, to) = (x(*from), x(*to));
                let dash = if *is_answer { " stroke-dasharray=\"5 4\"" } else { "" };
                text.push_str(&format!(
                    "<line x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\" stroke=\"#333\" marker-end=\"url(#head)\"{dash}/>\n\
                     <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                    from.midpoint(to),
                    y - 6,
                    escape(words.as_str())
                ));
                y += ROW;
            }
            Arrow::Note { over, words } => {
                for line in lines(words) {
                    text.push_str(&format!(
                        "<text x=\"{}\" y=\"{y}\" fill=\"#8a3b12\" font-style=\"italic\">{}</text>\n",
                        x(*over) + 8,
                        escape(line.as_str())
                    ));
                    y += ROW;
                }
            }
        }
    }
    text.push_str("</svg>\n");
    text
}

/// The column of an end.
fn place(end: End) -> usize {
    match end {
        End::Client => 0,
        End::Gateway => 1,
        End::Backend(number) => 2 + usize::from(number),
    }
}

/// Words in lines that are not too long.
fn lines(words: &str) -> Vec<String> {
    wrapped(words, "", "", NOTE).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_notes_are_broken_between_words() {
        let words = ["word"; 40].join(" ");
        let all = lines(&words);
        assert!(all.len() > 1 && all.iter().all(|line| line.len() <= NOTE), "{all:?}");
        assert_eq!(all.join(" "), words);
    }
}
