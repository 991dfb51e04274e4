// please import data from the site
results.a = 1