//! The options of page.pdf().

use ::browser::dialect::Dialect;
use ::browser::pdf::{Length, Margins, PdfOptions};
use serde::Deserialize;

/// As `js/puppeteer/pdf.js` makes them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PdfArgs {
    scale: f64,
    display_header_footer: bool,
    header_template: String,
    footer_template: String,
    print_background: bool,
    landscape: bool,
    page_ranges: String,
    format: Option<String>,
    width: Option<LengthArg>,
    height: Option<LengthArg>,
    margin: MarginArgs,
    prefer_css_page_size: bool,
    path: Option<String>,
    tagged: Option<bool>,
    outline: bool,
    omit_background: bool,
    wait_for_fonts: bool,
    timeout: Option<f64>,
}

#[derive(Deserialize)]
struct MarginArgs {
    top: Option<LengthArg>,
    right: Option<LengthArg>,
    bottom: Option<LengthArg>,
    left: Option<LengthArg>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LengthArg {
    Pixels(f64),
    Text(String),
}

impl From<LengthArg> for Length {
    fn from(length: LengthArg) -> Self {
        match length {
            LengthArg::Pixels(pixels) => Self::Pixels(pixels),
            LengthArg::Text(text) => Self::Text(text),
        }
    }
}

impl PdfArgs {
    /// The options, and the file that the document goes to.
    pub(super) fn read(self, dialect: Dialect) -> (PdfOptions, Option<String>) {
        let length = |length: Option<LengthArg>| length.map(Length::from);
        let margin = Margins {
            top: length(self.margin.top),
            right: length(self.margin.right),
            bottom: length(self.margin.bottom),
            left: length(self.margin.left),
        };
        let options = PdfOptions {
            scale: self.scale,
            display_header_footer: self.display_header_footer,
            header_template: self.header_template,
            footer_template: self.footer_template,
            print_background: self.print_background,
            landscape: self.landscape,
            page_ranges: self.page_ranges,
            format: self.format,
            width: length(self.width),
            height: length(self.height),
            margin,
            prefer_css_page_size: self.prefer_css_page_size,
            tagged: self.tagged,
            outline: self.outline,
            omit_background: self.omit_background,
            waits_for_fonts: self.wait_for_fonts,
            timeout: self.timeout,
            dialect,
        };
        (options, self.path)
    }
}
