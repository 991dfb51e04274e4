const s = "import a from b";
results.s = s