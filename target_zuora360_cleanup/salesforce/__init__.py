"""Salesforce: logging in, REST and Bulk API 2.0."""
