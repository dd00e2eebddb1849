
# The study's own numbers beside these: the largest relative gaps by step. A coefficient is
# compared relative to its standard error where that is larger.
study <- read.csv("data/mirror_expected.csv", na.strings = "", colClasses = c("character",
                  "character", "numeric", "numeric"))
study$place <- seq_len(nrow(study))
both <- merge(study, results, by = c("step", "term"), suffixes = c("_study", ""), sort = FALSE)
both <- both[order(both$place), ]
size <- pmax(abs(both$estimate_study), both$std_error_study, na.rm = TRUE)
size[size == 0] <- 1
both$gap <- abs(both$estimate - both$estimate_study) / size
both$gap_error <- abs(both$std_error / both$std_error_study - 1)
largest <- function(x) if (all(is.na(x))) NA else max(x, na.rm = TRUE)
steps <- unique(study$step)
compared <- data.frame(step = steps,
  numbers = sapply(steps, function(s) sum(both$step == s)),
  of = sapply(steps, function(s) sum(study$step == s)),
  gap_estimate = sapply(steps, function(s) largest(both$gap[both$step == s])),
  gap_std_error = sapply(steps, function(s) largest(both$gap_error[both$step == s])))
options(width = 160)
print(results, digits = 7, row.names = FALSE)
print(compared, digits = 2, row.names = FALSE)
shown <- transform(results, estimate = format(estimate, digits = 15),
                   std_error = format(std_error, digits = 15))
write.csv(shown, "mirror_results.csv", row.names = FALSE)
write.csv(compared, "mirror_compared.csv", row.names = FALSE)
