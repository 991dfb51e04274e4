//! Where things are on a page: quads, boxes, and the point of an element that a click can hit.
//!
//! All numbers are CSS pixels of the main frame's viewport, as CDP gives them: rotation and scrolling are in them.

use chromiumoxide::cdp::browser_protocol::dom;

/// A point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// An upright rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// The left edge.
    pub x: f64,
    /// The upper edge.
    pub y: f64,
    /// To the right of `x`.
    pub width: f64,
    /// Down from `y`.
    pub height: f64,
}

impl Rect {
    /// Returns what lies in both; without area when they do not touch.
    pub fn common(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let width = (self.x + self.width).min(other.x + other.width) - x;
        let height = (self.y + self.height).min(other.y + other.height) - y;
        Self { x, y, width: width.max(0.0), height: height.max(0.0) }
    }

    /// Moves the rectangle.
    #[must_use]
    pub fn moved(self, by: Point) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y, ..self }
    }

    /// Returns the upper left one.
    pub fn corner(self) -> Point {
        Point { x: self.x, y: self.y }
    }

    /// Tells whether `other` lies wholly inside.
    pub fn contains(self, other: Rect) -> bool {
        other.x >= self.x
            && other.y >= self.y
            && other.x + other.width <= self.x + self.width
            && other.y + other.height <= self.y + self.height
    }
}

/// Four corners, clockwise from the upper left one of the untransformed box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// CDP's form: eight numbers, x and y in turn. `None` for any other count.
    pub fn from_numbers(numbers: &[f64]) -> Option<Self> {
        let &[x1, y1, x2, y2, x3, y3, x4, y4] = numbers else { return None };
        Some(Self([Point { x: x1, y: y1 }, Point { x: x2, y: y2 }, Point { x: x3, y: y3 }, Point { x: x4, y: y4 }]))
    }

    /// Returns the smallest upright rectangle around it.
    pub fn bounds(&self) -> Rect {
        let least = |of: fn(&Point) -> f64| self.0.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Point) -> f64| self.0.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (x, y) = (least(|point| point.x), least(|point| point.y));
        Rect { x, y, width: most(|point| point.x) - x, height: most(|point| point.y) - y }
    }

    /// Moves the shape.
    #[must_use]
    pub fn moved(self, by: Point) -> Self {
        Self(self.0.map(|point| Point { x: point.x + by.x, y: point.y + by.y }))
    }

    /// Each corner outside of the viewport drawn to its edge.
    fn within(self, width: f64, height: f64) -> Self {
        Self(self.0.map(|point| Point { x: point.x.max(0.0).min(width), y: point.y.max(0.0).min(height) }))
    }

    /// By the shoelace formula, whichever way the corners go round.
    fn area(&self) -> f64 {
        let corners = self.0;
        let twice: f64 = (0..4).map(|i| (corners[i], corners[(i + 1) % 4])).map(|(a, b)| a.x * b.y - b.x * a.y).sum();
        twice.abs() / 2.0
    }

    /// Returns where its diagonals' middles meet.
    pub fn middle(&self) -> Point {
        let sum = |of: fn(&Point) -> f64| self.0.iter().map(of).sum::<f64>();
        Point { x: sum(|point| point.x) / 4.0, y: sum(|point| point.y) / 4.0 }
    }
}

/// Returns the first quad of which more than a pixel is inside the viewport, as far as it is inside.
pub fn clickable_quad(quads: impl IntoIterator<Item = Quad>, width: f64, height: f64) -> Option<Quad> {
    let visible = |quad: Quad| Some(quad.within(width, height)).filter(|quad| quad.area() > 1.0);
    quads.into_iter().find_map(visible)
}

/// The boxes of an element, from the inside out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxModel {
    /// What it shows.
    pub content: Quad,
    /// With its padding.
    pub padding: Quad,
    /// With its border.
    pub border: Quad,
    /// With its margin.
    pub margin: Quad,
    /// Of the border box, untransformed.
    pub width: f64,
    /// Of the border box, untransformed.
    pub height: f64,
}

impl BoxModel {
    /// CDP's form. `None` when a quad does not have eight numbers.
    pub fn from_protocol(model: &dom::BoxModel) -> Option<Self> {
        let quad = |quad: &dom::Quad| Quad::from_numbers(quad.inner());
        #[allow(clippy::cast_precision_loss)] // pixels
        let pixels = |count: i64| count as f64;
        Some(Self {
            content: quad(&model.content)?,
            padding: quad(&model.padding)?,
            border: quad(&model.border)?,
            margin: quad(&model.margin)?,
            width: pixels(model.width),
            height: pixels(model.height),
        })
    }

    /// Moves the boxes.
    #[must_use]
    pub fn moved(self, by: Point) -> Self {
        Self {
            content: self.content.moved(by),
            padding: self.padding.moved(by),
            border: self.border.moved(by),
            margin: self.margin.moved(by),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upright(x: f64, y: f64, width: f64, height: f64) -> Quad {
        Quad::from_numbers(&[x, y, x + width, y, x + width, y + height, x, y + height]).expect("eight numbers")
    }

    fn clicked(quads: impl IntoIterator<Item = Quad>, width: f64, height: f64) -> Option<Point> {
        clickable_quad(quads, width, height).map(|quad| quad.middle())
    }

    #[test]
    fn the_middle_of_an_upright_element_is_clicked() {
        let point = clicked([upright(10.0, 20.0, 100.0, 50.0)], 800.0, 600.0);
        assert_eq!(point, Some(Point { x: 60.0, y: 45.0 }));
    }

    #[test]
    fn a_rotated_element_is_clicked_in_its_middle_and_bounded_upright() {
        let diamond = Quad::from_numbers(&[50.0, 0.0, 100.0, 50.0, 50.0, 100.0, 0.0, 50.0]).expect("eight numbers");
        assert_eq!(clicked([diamond], 800.0, 600.0), Some(Point { x: 50.0, y: 50.0 }));
        assert_eq!(diamond.bounds(), Rect { x: 0.0, y: 0.0, width: 100.0, height: 100.0 });
    }

    #[test]
    fn a_scrolled_element_is_clicked_in_its_visible_part() {
        let quad = clickable_quad([upright(-50.0, 580.0, 100.0, 100.0)], 800.0, 600.0).expect("a visible part");
        assert_eq!(quad.middle(), Point { x: 25.0, y: 590.0 });
        assert_eq!(quad.bounds().corner(), Point { x: 0.0, y: 580.0 });
    }

    #[test]
    fn an_inline_element_is_clicked_in_its_first_visible_line() {
        let lines = [upright(700.0, -20.0, 90.0, 18.0), upright(0.0, 0.0, 40.0, 20.0)];
        assert_eq!(clicked(lines, 800.0, 600.0), Some(Point { x: 20.0, y: 10.0 }));
    }

    #[test]
    fn what_is_outside_or_without_area_cannot_be_clicked() {
        for quad in [upright(900.0, 0.0, 50.0, 50.0), upright(10.0, 10.0, 50.0, 0.0), upright(0.0, 0.0, 1.0, 1.0)] {
            assert_eq!(clicked([quad], 800.0, 600.0), None);
        }
        assert_eq!(Quad::from_numbers(&[1.0, 2.0]), None);
    }
}
