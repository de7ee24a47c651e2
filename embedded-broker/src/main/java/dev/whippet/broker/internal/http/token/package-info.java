/** The tokens of HTTP: made, checked, revoked, remembered. */
package dev.whippet.broker.internal.http.token;
