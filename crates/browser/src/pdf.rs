//! `page.pdf()`: paper, margins and units, printed by Chromium.

use chromiumoxide::cdp::browser_protocol::page::{PrintToPdfParams, PrintToPdfTransferMode};

use serde_json::{Value, json};

use crate::dialect::Dialect;
use crate::error::Error;
use crate::protocol_stream::{decode_base64, read_stream};
use crate::session::Session;

/// A length as a job gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Length {
    /// CSS pixels, 96 to the inch.
    Pixels(f64),
    /// A number with `px`, `in`, `cm`, `mm`, `pt` or `pc` after it; without a unit, pixels.
    Text(String),
}

/// The white around a page. What is not given is 0.
#[derive(Clone, Debug, Default)]
pub struct Margins {
    /// Above.
    pub top: Option<Length>,
    /// To the right.
    pub right: Option<Length>,
    /// Below.
    pub bottom: Option<Length>,
    /// To the left.
    pub left: Option<Length>,
}

/// How a page is printed.
#[derive(Clone, Debug)]
pub struct PdfOptions {
    /// Of the page's rendering, 0.1 to 2.
    pub scale: f64,
    /// Whether the two templates are printed.
    pub display_header_footer: bool,
    /// HTML with the classes `date`, `title`, `url`, `pageNumber`, `totalPages`.
    pub header_template: String,
    /// Like the header.
    pub footer_template: String,
    /// Whether backgrounds are printed.
    pub print_background: bool,
    /// Whether the paper lies on its side.
    pub landscape: bool,
    /// For example `1-5, 8`; empty is all.
    pub page_ranges: String,
    /// The paper's name, `Letter` to `A6`; takes precedence over `width` and `height`.
    pub format: Option<String>,
    /// Of the paper.
    pub width: Option<Length>,
    /// Of the paper.
    pub height: Option<Length>,
    /// The white around.
    pub margin: Margins,
    /// Whether a CSS `@page` size takes precedence over the paper.
    pub prefer_css_page_size: bool,
    /// Whether the file says which text is a heading, a list, …; Chromium's choice when not given.
    pub tagged: Option<bool>,
    /// Whether the file has an outline of the document's headings.
    pub outline: bool,
    /// Transparent where the page has no background.
    pub omit_background: bool,
    /// Whether the page's fonts are waited for.
    pub waits_for_fonts: bool,
    /// How long it may take, in milliseconds; 0 for no limit, `None` for the page's default.
    pub timeout: Option<f64>,
    /// Whose sizes of paper and lengths hold.
    pub dialect: Dialect,
}

impl Default for PdfOptions {
    fn default() -> Self {
        Self {
            scale: 1.0,
            display_header_footer: false,
            header_template: String::new(),
            footer_template: String::new(),
            print_background: false,
            landscape: false,
            page_ranges: String::new(),
            format: None,
            width: None,
            height: None,
            margin: Margins::default(),
            prefer_css_page_size: false,
            tagged: None,
            outline: false,
            omit_background: false,
            waits_for_fonts: true,
            timeout: None,
            dialect: Dialect::V1,
        }
    }
}

/// Prints a page of a session.
///
/// # Errors
/// [`Error::UnknownPaperFormat`], [`Error::UnreadableLength`], and what the protocol refuses.
pub async fn print_to_pdf(session: &Session, options: &PdfOptions) -> Result<Vec<u8>, Error> {
    let command = command(options)?;
    if options.omit_background {
        set_background(session, json!({"color": {"r": 0, "g": 0, "b": 0, "a": 0}})).await?;
    }
    let printed = session.send(command).await;
    if options.omit_background {
        set_background(session, json!({})).await?;
    }
    let printed = printed?;
    match printed.stream {
        Some(stream) => read_stream(session, stream).await,
        None => decode_base64(printed.data.as_ref()),
    }
}

async fn set_background(session: &Session, arguments: Value) -> Result<(), Error> {
    session.send_raw("Emulation.setDefaultBackgroundColorOverride", arguments).await?;
    Ok(())
}

pub(crate) fn command(options: &PdfOptions) -> Result<PrintToPdfParams, Error> {
    let length = |length: &Option<Length>, otherwise: f64| inches_or(length, otherwise, options.dialect);
    let (paper_width, paper_height) = match options.format.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => paper(name, options.dialect).ok_or_else(|| Error::UnknownPaperFormat(name.to_owned()))?,
        None => (length(&options.width, 8.5)?, length(&options.height, 11.0)?),
    };
    let margin = &options.margin;
    Ok(PrintToPdfParams {
        landscape: Some(options.landscape),
        display_header_footer: Some(options.display_header_footer),
        print_background: Some(options.print_background),
        scale: Some(options.scale),
        paper_width: Some(paper_width),
        paper_height: Some(paper_height),
        margin_top: Some(length(&margin.top, 0.0)?),
        margin_bottom: Some(length(&margin.bottom, 0.0)?),
        margin_left: Some(length(&margin.left, 0.0)?),
        margin_right: Some(length(&margin.right, 0.0)?),
        page_ranges: Some(options.page_ranges.clone()),
        header_template: Some(options.header_template.clone()),
        footer_template: Some(options.footer_template.clone()),
        prefer_css_page_size: Some(options.prefer_css_page_size),
        transfer_mode: Some(PrintToPdfTransferMode::ReturnAsStream),
        generate_tagged_pdf: options.tagged,
        generate_document_outline: options.outline.then_some(true),
    })
}

/// Width and height in inches, in any case of letters.
fn paper(name: &str, dialect: Dialect) -> Option<(f64, f64)> {
    let name = name.to_lowercase();
    // Newer Puppeteers say to four places what the older one says to two.
    let exact = match name.as_str() {
        "a0" => (33.1102, 46.811),
        "a1" => (23.3858, 33.1102),
        "a2" => (16.5354, 23.3858),
        "a3" => (11.6929, 16.5354),
        "a4" => (8.2677, 11.6929),
        "a5" => (5.8268, 8.2677),
        "a6" => (4.1339, 5.8268),
        _ => (0.0, 0.0),
    };
    if dialect.is_modern() && exact.0 > 0.0 {
        return Some(exact);
    }
    Some(match name.as_str() {
        "letter" => (8.5, 11.0),
        "legal" => (8.5, 14.0),
        "tabloid" => (11.0, 17.0),
        "ledger" => (17.0, 11.0),
        "a0" => (33.1, 46.8),
        "a1" => (23.4, 33.1),
        "a2" => (16.54, 23.4),
        "a3" => (11.7, 16.54),
        "a4" => (8.27, 11.7),
        "a5" => (5.83, 8.27),
        "a6" => (4.13, 5.83),
        _ => return None,
    })
}

/// A length of nothing counts as not given.
fn inches_or(length: &Option<Length>, otherwise: f64, dialect: Dialect) -> Result<f64, Error> {
    let Some(length) = length else { return Ok(otherwise) };
    let inches = inches(length, dialect)?;
    Ok(if inches == 0.0 { otherwise } else { inches })
}

fn inches(length: &Length, dialect: Dialect) -> Result<f64, Error> {
    let text = match length {
        Length::Pixels(pixels) => return Ok(pixels / 96.0),
        Length::Text(text) => text,
    };
    let lower = text.to_lowercase();
    // Puppeteer's own rounding of centimetres: files must come out in the same size.
    let centimetre = if dialect.is_modern() { 96.0 / 2.54 } else { 37.8 };
    let units =
        [("px", 1.0), ("in", 96.0), ("cm", centimetre), ("mm", centimetre / 10.0), ("pt", 4.0 / 3.0), ("pc", 16.0)];
    let unit = units.iter().find_map(|(unit, pixels)| Some((lower.strip_suffix(unit)?, *pixels)));
    let (number, pixels) = unit.unwrap_or((&lower, 1.0));
    let number = match number.trim() {
        "" => 0.0,
        number => number.parse::<f64>().map_err(|_| Error::UnreadableLength(text.clone()))?,
    };
    Ok(number * pixels / 96.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Length {
        Length::Text(text.to_owned())
    }

    #[test]
    fn lengths_are_read_in_all_units() {
        for (length, expected) in [
            (Length::Pixels(96.0), 1.0),
            (text("96px"), 1.0),
            (text("96"), 1.0),
            (text("2IN"), 2.0),
            (text("10cm"), 378.0 / 96.0),
            (text("10 mm"), 37.8 / 96.0),
            (text("px"), 0.0),
            (text("72pt"), 1.0),
            (text("6pc"), 1.0),
        ] {
            assert_eq!(inches(&length, Dialect::V1).expect("a length"), expected, "{length:?}");
        }
        assert_eq!(
            inches(&text("10em"), Dialect::V1).expect_err("no unit").to_string(),
            "Failed to parse parameter value: 10em"
        );
    }

    #[test]
    fn a_format_goes_before_a_size_and_unknown_ones_are_refused() {
        let format = |name: &str| PdfOptions {
            format: Some(name.to_owned()),
            width: Some(Length::Pixels(1.0)),
            ..PdfOptions::default()
        };
        let printed = command(&format("A4")).expect("a format");
        assert_eq!((printed.paper_width, printed.paper_height), (Some(8.27), Some(11.7)));
        assert_eq!(command(&format("A9")).expect_err("no format").to_string(), "Unknown paper format: A9");
    }

    #[test]
    fn newer_puppeteers_measure_exactly() {
        let exact = PdfOptions { format: Some("a4".to_owned()), dialect: Dialect::V25, ..PdfOptions::default() };
        let printed = command(&exact).expect("a format");
        assert_eq!((printed.paper_width, printed.paper_height), (Some(8.2677), Some(11.6929)));
        assert_eq!(inches(&text("2.54cm"), Dialect::V25).expect("a length"), 1.0);
    }

    #[test]
    fn without_options_it_is_letter_without_margins() {
        let printed = command(&PdfOptions::default()).expect("defaults");
        assert_eq!((printed.paper_width, printed.paper_height, printed.margin_top), (Some(8.5), Some(11.0), Some(0.0)));
        let nothing = PdfOptions { width: Some(Length::Pixels(0.0)), ..PdfOptions::default() };
        assert_eq!(command(&nothing).expect("defaults").paper_width, Some(8.5));
    }
}
