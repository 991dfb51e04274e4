// A job's modules are imported by their file name without the ending.
export const firstLine = (text) => text.split('\n')[0].trim();
