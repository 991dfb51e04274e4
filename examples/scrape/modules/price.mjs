// "€ 12.50" → 12.5
export const toNumber = (text) => Number(text.replace(/[^0-9.]/g, ''));
