/**
 * The three events of the stream as the vendor documents them, to the letter: the status event has trailing commas.
 *
 * Metrics and status are of the last hour, for the stream's health is told from what is recent.
 */

const HOUR_MS = 3_600_000;
const NOW = new Date().toISOString();
const AN_HOUR_AGO = new Date(Date.now() - HOUR_MS).toISOString();

export const DOCUMENTED_RESULTS = `{"id":"b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c01","specversion":"1.0","type":"com.adobe.platform.marketo.observability.results","source":"urn:data_ingestion_service","time":"2023-08-14T17:30:00Z","datacontenttype":"application/json","data":{"munchkinId":"123-ABC-456","requests":[{"requestId":"e3d92152-0fc0-4a0c-9b05-1d2c6f2b7a11","requestTime":"2023-08-14T17:20:00Z","clientId":"foo@marketo.com","correlationId":"nightly/1","requestSource":"Public API","objectType":"person","priority":"high","records":{"received":100,"created":90,"updated":5,"failed":{"503":5}}}]}}`;

export const DOCUMENTED_METRICS = `{"id":"b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c02","specversion":"1.0","type":"com.adobe.platform.marketo.observability.metrics","source":"urn:data_ingestion_service","time":"${NOW}","datacontenttype":"application/json","data":{"munchkinId":"123-ABC-456","windowStart":"${AN_HOUR_AGO}","requests":{"received":25,"processed":20,"rejected":{"606":3,"607":2}},"records":{"person":{"high":{"received":100,"created":90,"updated":5,"failed":{"503":5}},"normal":{"received":50,"created":50,"updated":0,"failed":{}}},"customObject":{"normal":{"received":10,"created":8,"updated":0,"failed":{"404":2}}}}}}`;

export const DOCUMENTED_STATUS = `{"id":"b6c1a7de-3c4f-4b21-8f0e-0a8f4e7d1c03","specversion":"1.0","type":"com.adobe.platform.marketo.observability.status","source":"urn:data_ingestion_service","time":"${NOW}","datacontenttype":"application/json","data":{"munchkinId":"123-ABC-456","quota":9500000,"queue":{"high":{"lagSeconds":0,"requestBacklog":0,"recordBacklog":0},"normal":{"lagSeconds":120,"requestBacklog":12,"recordBacklog":3400},},}}`;
