# Spatial panels by maximum likelihood, concentrated in rho: the search, the coefficients given
# rho, and the information matrix. splm::spml has the same models; it removes effects before it
# takes lags, and has no correction of Lee and Yu (2010).
spatial <- function(step, y, x, file, model, effects, correction, lag_order = "dummies",
                    dynamic = "none", ratio = NA, errors = TRUE) {
  w <- read.csv(file, colClasses = c(entity = "character"))
  units <- w$entity
  w <- as.matrix(w[-1]); n <- nrow(w)
  square <- function(name) {  # one row for each unit, one column for each period
    here <- d[d$entity %in% units, ]
    out <- matrix(here[[name]], n, byrow = TRUE)
    out[match(units, unique(here$entity)), , drop = FALSE]
  }
  columns <- lapply(x, square); names(columns) <- x
  outcome <- square(y)
  if (model %in% c("sdm", "slx")) for (name in x)
    columns[[paste("W", name)]] <- w %*% columns[[name]]
  if (dynamic != "none") {
    before <- outcome[, -ncol(outcome)]
    past <- list(before, w %*% before)
    names(past) <- paste(c("L", "W L"), y)
    past <- past[c(dynamic %in% c("time", "both"), dynamic %in% c("space", "both"))]
    columns <- c(past, lapply(columns, function(z) z[, -1]))
    outcome <- outcome[, -1]
  }
  if (effects %in% c("none", "random"))
    columns <- c(list(`(Intercept)` = matrix(1, n, ncol(outcome))), columns)
  periods <- ncol(outcome)
  own <- effects %in% c("entity", "twoway"); common <- effects %in% c("period", "twoway")
  remove <- function(z) {
    if (own) z <- z - rowMeans(z)
    if (effects == "random") z <- z - (1 - 1 / sqrt(1 + periods * ratio)) * rowMeans(z)
    if (common) z <- sweep(z, 2, colMeans(z))
    z
  }
  lagged <- function(z) if (lag_order == "splm") w %*% remove(z) else remove(w %*% z)
  leeyu <- correction == "lee_yu"
  values <- eigen(w, only.values = TRUE)$values
  if (leeyu && common) values <- values[-which.min(Mod(values - 1))]
  used <- if (leeyu && own && dynamic == "none") periods - 1 else periods
  rows <- used * length(values)
  flat <- function(z) as.vector(z)
  tx <- sapply(columns, function(z) flat(remove(z)))
  lx <- sapply(columns, function(z) flat(lagged(z)))
  ty <- flat(remove(outcome)); ly <- flat(lagged(outcome))
  at <- function(rho) {
    error <- if (model == "sem") rho else 0
    moved <- if (model == "slx") 0 else rho
    fit <- lm.fit(tx - error * lx, ty - moved * ly)
    list(beta = fit$coefficients, s2 = sum(fit$residuals^2) / rows, u = fit$residuals,
         x = tx - error * lx)
  }
  rho <- 0
  if (model != "slx") {
    # the slope of the likelihood: -d log s2 / 2 per row, less the trace of W (I - rho W)^-1
    slope <- function(rho) {
      found <- at(rho)
      change <- ly - if (model == "sem") lx %*% found$beta else 0
      sum(found$u * change) / found$s2 - used * sum(Re(values / (1 - rho * values)))
    }
    height <- function(rho) -rows / 2 * log(at(rho)$s2) + used * sum(log(Mod(1 - rho * values)))
    real <- Re(eigen(w, only.values = TRUE)$values)
    grid <- seq(max(1 / min(real), -5), 1 / max(real), length.out = 402)[2:401]
    best <- which.max(sapply(grid, height))
    rho <- uniroot(slope, grid[best + c(-1, 1)], tol = 1e-15, maxiter = 200)$root
  }
  found <- at(rho); k <- length(found$beta); s2 <- found$s2
  information <- matrix(0, k + 2, k + 2)
  information[1 + 1:k, 1 + 1:k] <- crossprod(found$x) / s2
  information[k + 2, k + 2] <- rows / (2 * s2^2)
  if (model != "slx") {
    g <- w %*% solve(diag(n) - rho * w)
    norm <- sum(g^2) - if (leeyu && common) sum(colSums(g)^2) / n else 0
    on <- values / (1 - rho * values)
    information[1, 1] <- used * (sum(Re(on^2)) + norm)
    information[1, k + 2] <- information[k + 2, 1] <- used * sum(Re(on)) / s2
    if (model != "sem") {
      mean <- g %*% matrix(tx %*% found$beta, n)
      if (lag_order != "splm" && effects != "random") mean <- remove(mean)
      information[1, 1] <- information[1, 1] + sum(mean^2) / s2
      information[1, 1 + 1:k] <- information[1 + 1:k, 1] <- crossprod(tx, flat(mean)) / s2
    }
  }
  used_rows <- if (model == "slx") -1 else seq_len(k + 2)
  scale <- sqrt(diag(information)[used_rows])  # units must not make it look singular
  v <- diag(solve(information[used_rows, used_rows] / outer(scale, scale))) / scale^2
  error <- if (errors) sqrt(v[-length(v)]) else NA
  spatial_name <- if (model == "sem") "lambda" else "rho"
  names <- c(if (model != "slx") spatial_name, names(columns))
  put(step, names, c(if (model != "slx") rho, found$beta), error)
  if (model %in% c("sar", "sdm")) turned <- solve(diag(n) - rho * w) else turned <- diag(n)
  for (name in x) {
    theta <- if (model %in% c("sdm", "slx")) found$beta[paste("W", name)] else 0
    s <- turned %*% (found$beta[name] * diag(n) + theta * w)
    put(step, paste(c("direct", "indirect", "total"), name),
        c(mean(diag(s)), sum(s) / n - mean(diag(s)), sum(s) / n))
  }
}
