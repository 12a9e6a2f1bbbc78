/** How the repository says no, without a word of SOAP or HTTP. */
package org.hospes.repo.refusal;
