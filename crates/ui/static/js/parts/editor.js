// The editor: CodeMirror in the dashboard's colours. It stands in a shadow root, where it brings its style sheet along as an
// object instead of an element, which the Content-Security-Policy would refuse.

import {
  Decoration,
  EditorState,
  EditorView,
  HighlightStyle,
  autocompletion,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  defaultKeymap,
  drawSelection,
  foldGutter,
  foldKeymap,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSelectionMatches,
  highlightSpecialChars,
  history,
  historyKeymap,
  indentOnInput,
  indentWithTab,
  javascript,
  javascriptLanguage,
  keymap,
  lineNumbers,
  search,
  searchKeymap,
  syntaxHighlighting,
  tags,
} from '../../vendor/codemirror.js';
import { h, visible } from '../dom.js';
import { complete } from './completions.js';
import { copy } from './notes.js';

const colours = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', backgroundColor: 'var(--ground)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--muted)', border: 'none' },
  '.cm-activeLine': { backgroundColor: 'light-dark(#5334e80a, #a899ff0f)' },
  '.cm-activeLineGutter': { backgroundColor: 'var(--accent-soft)', color: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'light-dark(#d8d2ff, #403a70)',
  },
  '.cm-selectionMatch, .cm-searchMatch': { backgroundColor: 'var(--mark)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', outline: '1px solid var(--accent)' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected] .cm-completionDetail': { color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
  '.cm-completionInfo': { maxWidth: '320px', padding: '8px' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--accent-soft)', border: 'none', color: 'var(--text)' },
  '.cm-textfield, .cm-button': {
    backgroundColor: 'var(--raised)',
    backgroundImage: 'none',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
  },
  '.failed-line': { backgroundColor: 'var(--danger-soft)', boxShadow: 'inset 3px 0 var(--failed)' },
});

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.bool, tags.null], color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--code-name)' },
  { tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--danger)' },
]);

/** Where the code's host gives it a place: an element with the editor inside, and the view. */
function mount(label, doc, extensions) {
  const host = h('div', { class: 'editor' });
  const root = host.attachShadow({ mode: 'open' });
  const state = EditorState.create({
    doc,
    extensions: [
      lineNumbers(),
      highlightSpecialChars(),
      bracketMatching(),
      foldGutter(),
      syntaxHighlighting(style),
      javascript(),
      colours,
      search({ top: true }),
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      extensions,
    ],
  });
  return { element: host, view: new EditorView({ state, parent: root, root }) };
}

/** An editor for code. `changed(text)` hears of every change, `run()` of Ctrl-Enter; `vars()` names what `vars.` has. */
export function editor({ label, doc, changed, run = () => {}, vars = () => [] }) {
  const { element, view } = mount(label, doc, [
    // Before the others: Ctrl-Enter would add a line.
    keymap.of([{ key: 'Mod-Enter', run: () => (run(), true) }]),
    history(),
    drawSelection(),
    indentOnInput(),
    closeBrackets(),
    autocompletion({ icons: false }),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    javascriptLanguage.data.of({ autocomplete: complete(vars) }),
    keymap.of([
      ...closeBracketsKeymap,
      ...defaultKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
    EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
  ]);
  return {
    element,
    replace: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
  };
}

/** Code to read, with the line of an error marked: `at` is `{line, column}`, counted from 1. */
export function reader({ label, doc, at }) {
  const { element } = mount(label, doc, [
    EditorState.readOnly.of(true),
    EditorView.lineWrapping,
    keymap.of([...defaultKeymap.filter(({ key }) => key !== 'Tab'), ...searchKeymap, ...foldKeymap]),
    EditorView.decorations.of((shown) => {
      if (!at || at.line < 1 || at.line > shown.state.doc.lines) return Decoration.none;
      return Decoration.set(Decoration.line({ class: 'failed-line' }).range(shown.state.doc.line(at.line).from));
    }),
  ]);
  return { element };
}

/** A reader under its title, with a button that copies. */
export function source({ label, doc, at }) {
  return h(
    'section',
    {},
    h(
      'div',
      { class: 'row' },
      h('h2', {}, visible(label)),
      h('span', { class: 'spring' }),
      h('button', { type: 'button', class: 'small', onclick: () => copy(doc, label) }, 'Copy'),
    ),
    reader({ label, doc, at }).element,
  );
}
