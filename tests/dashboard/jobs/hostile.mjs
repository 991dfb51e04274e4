logger.info('<script>alert(1)</script>');
logger.error('<b class=planted>bold</b>');
results['<img src=x onerror=alert(2)>'] = '<svg onload=alert(3)>';
results.page =
  '<!doctype html><b class=planted>bold</b><img src=x onerror=alert(6)><script>alert(7)</script><svg onload=alert(8)>';
results['k'.repeat(900)] = 1;
/* A line that is longer than a screen is wide. A line that is longer than a screen is wide. A line that is longer than a screen is wide. A line that is longer than a screen is wide. A line that is longer than a screen is wide. */ throw new Error('<img src=x onerror=alert(4)>');
