export const twice = (n) => n * 2;
export const where = import.meta.url.split('/').slice(-2).join('/');
