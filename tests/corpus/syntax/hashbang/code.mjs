#!/usr/bin/env node
results.a = 1