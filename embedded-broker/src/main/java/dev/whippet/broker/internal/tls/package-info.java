/** TLS of listeners: certificates from PEM files, loaded anew when they change. */
package dev.whippet.broker.internal.tls;
