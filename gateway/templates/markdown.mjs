// A function of the page: its document as Markdown. Navigation, scripts and what is not shown are left out.
export function markdown() {
  const SKIPPED = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'NAV', 'FOOTER', 'SVG', 'IFRAME', 'HEAD', 'BUTTON', 'FORM', 'CANVAS', 'VIDEO', 'AUDIO']);
  const BLOCKS = new Set(['P', 'DIV', 'SECTION', 'ARTICLE', 'MAIN', 'HEADER', 'ASIDE', 'FIGURE', 'FIGCAPTION', 'DL', 'DT', 'DD', 'ADDRESS', 'DETAILS', 'SUMMARY']);
  const shown = (element) => !element.hidden && getComputedStyle(element).display !== 'none';
  const tidy = (text) => text.replace(/[ \t]+\n/g, '\n').replace(/\n{3,}/g, '\n\n').trim();
  const escape = (text) => text.replace(/([\\`*_[\]<>])/g, '\\$1');
  const inner = (node, context) => [...node.childNodes].map((child) => render(child, context)).join('');
  const line = (node, context) => inner(node, context).replace(/\s+/g, ' ').trim();
  const block = (text) => (text.trim() ? `\n\n${text.trim()}\n\n` : '');
  const around = (mark, text) => (text.trim() ? `${mark}${text.trim()}${mark}` : text);
  const indent = (text, by) => text.split('\n').map((each, index) => (index && each ? ' '.repeat(by) + each : each)).join('\n');

  function list(node, context) {
    let number = Number(node.getAttribute('start') ?? 1);
    const items = [...node.children].filter((child) => child.tagName === 'LI').map((item) => {
      const mark = node.tagName === 'OL' ? `${number++}. ` : '- ';
      return mark + indent(tidy(inner(item, context)).replace(/\n\n(?=\s*(?:-|\d+\.) )/g, '\n'), mark.length);
    });
    return block(items.join('\n'));
  }

  function table(node, context) {
    const rows = [...node.rows].map((row) => [...row.cells].map((cell) => line(cell, context).replace(/\|/g, '\\|')));
    if (!rows.length) return '';
    const width = Math.max(...rows.map((row) => row.length));
    const written = rows.map((row) => `| ${Array.from({ length: width }, (_, index) => row[index] ?? '').join(' | ')} |`);
    return block([written[0], `|${' --- |'.repeat(width)}`, ...written.slice(1)].join('\n'));
  }

  function render(node, context) {
    if (node.nodeType === Node.TEXT_NODE) return escape(node.data.replace(/\s+/g, ' '));
    if (node.nodeType !== Node.ELEMENT_NODE || SKIPPED.has(node.tagName.toUpperCase()) || !shown(node)) return '';
    switch (node.tagName) {
      case 'H1': case 'H2': case 'H3': case 'H4': case 'H5': case 'H6': {
        const text = line(node, context);
        return text ? block(`${'#'.repeat(Number(node.tagName[1]))} ${text}`) : '';
      }
      case 'BR': return '\n';
      case 'HR': return block('---');
      case 'STRONG': case 'B': return around('**', inner(node, context));
      case 'EM': case 'I': return around('*', inner(node, context));
      case 'DEL': case 'S': return around('~~', inner(node, context));
      case 'CODE': case 'KBD': case 'SAMP': return around('`', node.textContent);
      case 'PRE': return `\n\n\`\`\`\n${node.textContent.replace(/\n$/, '')}\n\`\`\`\n\n`;
      case 'A': {
        const text = line(node, context);
        return text && /^https?:/.test(node.href) ? `[${text}](${node.href})` : text;
      }
      case 'IMG': return /^https?:/.test(node.src) ? `![${escape(node.alt)}](${node.src})` : '';
      case 'UL': case 'OL': return list(node, context);
      case 'TABLE': return table(node, context);
      case 'BLOCKQUOTE': return block(tidy(inner(node, context)).split('\n').map((each) => `> ${each}`.trimEnd()).join('\n'));
      default: return BLOCKS.has(node.tagName) ? block(inner(node, context)) : inner(node, context);
    }
  }

  return `${tidy(render(document.body, {}))}\n`;
}
