(function (root, factory) {
  if (typeof define === 'function' && define.amd) define([], factory);
  else if (typeof module === 'object' && module.exports) module.exports = factory();
  else root.stats = factory();
})(typeof self !== 'undefined' ? self : this, function () {
  const sum = (list) => list.reduce((a, b) => a + b, 0);
  return {
    mean: (list) => sum(list) / list.length,
    median: (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)],
  };
});
