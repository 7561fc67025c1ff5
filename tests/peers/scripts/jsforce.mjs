// What users of jsforce do; prints what it found as JSON. In the environment: URL, TOKEN, MODULE.
import { createRequire } from "node:module";
const jsforce = createRequire(process.env.MODULE)("jsforce");

const org = new jsforce.Connection({
  instanceUrl: process.env.URL, accessToken: process.env.TOKEN, version: "60.0",
});
const found = {};
found.user = (await org.identity()).username;
found.accounts = (await org.query("SELECT Id, Name FROM Account", { autoFetch: true, maxFetch: 5000 })).records.length;
const invoices = await org.sobject("Zuora__ZInvoice__c")
  .find({ "Zuora__BillingAccount__r.Name": { $ne: null } }, "Id, Name, Zuora__BillingAccount__r.Name").limit(2);
found.parent = typeof invoices[0].Zuora__BillingAccount__r.Name;
found.fields = (await org.sobject("Zuora__ZInvoice__c").describe()).fields.length;
const [made] = await org.sobject("Account").create([{ Name: "Made" }]);
await org.sobject("Account").update({ Id: made.id, Phone: "1" });
found.phone = (await org.sobject("Account").retrieve(made.id)).Phone;
found.destroyed = (await org.sobject("Account").destroy([made.id]))[0].success;
const stream = await org.bulk2.query("SELECT Id FROM Zuora__InvoiceItem__c");
const items = await stream.toArray();
found.exported = items.length;
const ended = await org.bulk2.loadAndWaitForResults({
  object: "Zuora__InvoiceItem__c", operation: "delete", input: items.slice(0, 3).map(({ Id }) => ({ Id })),
  pollInterval: 50,
});
found.deleted = ended.successfulResults.length;
found.failed = ended.failedResults.length;
try {
  await org.query("SELECT Nothing FROM Account");
} catch (error) {
  found.refused = error.errorCode;
}
console.log(JSON.stringify(found));
