// What the steps of a selector find in the page, from these roots on: the matches of all alternatives in document
// order, each once.
(roots, alternatives, handlers = {}) => {
  const inShadow = node => node.shadowRoot || node;

  // A selector that goes on after a node was found: `.big` of `::-p-text(x).big` and ` > p` of `::-p-text(x) > p`.
  const goOn = (node, css) => {
    const parent = node.parentNode;
    if (!parent)
      return [...node.querySelectorAll(css)];
    if (parent.nodeType === Node.DOCUMENT_NODE)
      return [...parent.querySelectorAll(':root' + css)];
    const place = Array.prototype.indexOf.call(parent.children, node) + 1;
    const from = parent.nodeType === Node.ELEMENT_NODE ? ':scope > ' : '';
    const found = [...parent.querySelectorAll(`${from}:nth-child(${place})${css}`)];
    // Below a shadow root nothing can be said of its children alone.
    return from ? found : found.filter(match => node.contains(match) || match.parentNode === parent);
  };

  const isTold = element => element.nodeName !== 'SCRIPT' && element.nodeName !== 'STYLE'
    && !(document.head && document.head.contains(element));
  const fieldText = element => {
    if (element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement)
      return element.value;
    const hasText = element instanceof HTMLInputElement && !['checkbox', 'image', 'radio'].includes(element.type);
    return hasText ? element.value : undefined;
  };
  const fullText = node => {
    let text = '';
    if (node.nodeType === Node.ELEMENT_NODE) {
      if (!isTold(node))
        return text;
      const own = fieldText(node);
      if (own !== undefined)
        return own;
      if (node.shadowRoot)
        text = fullText(node.shadowRoot);
    }
    for (const child of node.childNodes)
      text += child.nodeType === Node.TEXT_NODE ? child.nodeValue : fullText(child);
    return text;
  };
  // The innermost elements that contain the text.
  const withText = (node, text) => {
    const found = [];
    for (const parent of node.shadowRoot ? [node.shadowRoot, node] : [node]) {
      for (const child of parent.children || []) {
        if (isTold(child))
          found.push(...withText(child, text));
      }
    }
    const isMatch = !found.length && node.nodeType === Node.ELEMENT_NODE && isTold(node) && fullText(node).includes(text);
    return isMatch ? [node] : found;
  };

  const atPath = (node, path) => {
    const owner = node.ownerDocument || node;
    const matches = owner.evaluate(path, node, null, XPathResult.ORDERED_NODE_ITERATOR_TYPE, null);
    const found = [];
    for (let match = matches.iterateNext(); match; match = matches.iterateNext())
      found.push(match);
    return found;
  };

  // A node's own shadow tree, and those inside of it.
  const shadows = node => {
    const trees = [inShadow(node)];
    for (const tree of trees) {
      for (const element of tree.querySelectorAll('*')) {
        if (element.shadowRoot)
          trees.push(element.shadowRoot);
      }
    }
    return trees;
  };

  const steps = {
    css: (node, css) => [...node.querySelectorAll(css)],
    goOn,
    text: withText,
    path: atPath,
    shadow: node => [inShadow(node)],
    shadows,
    // A script's own query handler.
    custom: (node, argument, name) => handlers[name](node, argument),
  };
  const start = Array.isArray(roots) ? roots : [roots];
  const all = new Set();
  for (const alternative of alternatives) {
    let nodes = start;
    for (const [kind, argument, name] of alternative)
      nodes = [...new Set(nodes.flatMap(node => steps[kind](node, argument, name)))];
    for (const node of nodes)
      all.add(node);
  }
  if (alternatives.length === 1)
    return [...all];
  // Shadow trees are told where their hosts are.
  const way = node => {
    const nodes = [];
    for (let at = node; at; at = at.parentNode || at.host)
      nodes.unshift(at);
    return nodes;
  };
  const order = (one, other) => {
    const [a, b] = [way(one), way(other)];
    let depth = 0;
    while (depth < a.length && depth < b.length && a[depth] === b[depth])
      depth++;
    if (depth === a.length || depth === b.length)
      return a.length - b.length;
    if (a[depth].nodeType === Node.DOCUMENT_FRAGMENT_NODE || b[depth].nodeType === Node.DOCUMENT_FRAGMENT_NODE)
      return a[depth].nodeType === Node.DOCUMENT_FRAGMENT_NODE ? -1 : 1;
    return a[depth].compareDocumentPosition(b[depth]) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  };
  return [...all].sort(order);
}
