/// Names of HTML's elements, in lower case.
enum HTMLElement {
  /// Elements that begin and end a line of text.
  static let blocks: Set<String> = [
    "address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "footer", "form", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "td", "th", "tr",
    "ul", "option", "body", "html", "dialog", "fieldset", "legend", "caption", "tbody", "thead", "tfoot",
  ]

  /// All elements of the HTML standard, those that it calls obsolete included: `<div>` is a tag, and `<url>` a placeholder.
  static let names: Set<String> = blocks.union([
    "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "basefont", "bdi", "bdo", "bgsound", "big", "blink", "button",
    "canvas", "center", "cite", "code", "col", "colgroup", "data", "datalist", "del", "dfn", "dir", "em", "embed", "font", "frame",
    "frameset", "head", "hgroup", "i", "iframe", "image", "img", "input", "ins", "kbd", "keygen", "label", "link", "map", "mark",
    "marquee", "math", "menu", "menuitem", "meta", "meter", "nobr", "noembed", "noframes", "noscript", "object", "optgroup", "output",
    "param", "picture", "plaintext", "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "script", "search", "select",
    "selectedcontent", "slot", "small", "source", "span", "strike", "strong", "style", "sub", "sup", "svg", "template", "textarea",
    "time", "title", "track", "tt", "u", "var", "video", "wbr", "xmp",
  ])
}
