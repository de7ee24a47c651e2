/** What was measured, for people and for programs. */
package dev.whippet.broker.internal.bench.report;
