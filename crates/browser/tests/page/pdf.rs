use browser::pdf::{Length, Margins, PdfOptions};

use crate::fixture::with_page;

#[tokio::test]
async fn a_page_is_printed() {
    with_page(async |fixture| {
        fixture.set_content("<h1>On paper</h1>").await;
        let options = PdfOptions {
            format: Some("A4".to_owned()),
            landscape: true,
            print_background: true,
            display_header_footer: true,
            footer_template: "<span class=pageNumber></span>".to_owned(),
            margin: Margins { bottom: Some(Length::Text("1cm".to_owned())), ..Margins::default() },
            ..PdfOptions::default()
        };
        let file = fixture.page.pdf(&options).await.expect("a file");
        assert!(file.starts_with(b"%PDF-") && file.len() > 1000);
    })
    .await;
}
