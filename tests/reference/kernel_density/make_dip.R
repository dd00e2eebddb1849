# Makes expected_dip.csv: dips of the samples and of the same rounded, so that values tie.
# Run: Rscript make_dip.R     (needs the package diptest)
library(diptest)
d <- read.csv("samples.csv")
digits <- c(eruptions = 1, precip = -1, income = -2, normal = 0)
rows <- lapply(names(digits), function(k) {
  x <- d$value[d$sample == k]
  data.frame(sample = k, dip = dip(x), dip_rounded = dip(round(x, digits[[k]])),
             p = dip.test(x)$p.value)
})
out <- do.call(rbind, rows)
for (k in 2:4) out[[k]] <- formatC(out[[k]], digits = 15, format = "g")
write.csv(out, "expected_dip.csv", row.names = FALSE, quote = FALSE)
