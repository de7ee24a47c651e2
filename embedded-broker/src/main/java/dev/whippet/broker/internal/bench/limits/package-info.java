/** The floors of this machine that other figures are read against: no broker code in them. */
package dev.whippet.broker.internal.bench.limits;
