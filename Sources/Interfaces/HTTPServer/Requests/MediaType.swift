// SPDX-License-Identifier: Apache-2.0

/// Media types (IANA) of files that were stored without one, by the ending of their names.
package enum MediaType {
    private static let types: [String: String] = [
        "csv": "text/csv", "css": "text/css", "gif": "image/gif", "gz": "application/gzip", "htm": "text/html", "html": "text/html",
        "ipynb": "application/x-ipynb+json", "jpeg": "image/jpeg", "jpg": "image/jpeg", "js": "text/javascript",
        "json": "application/json", "jsonl": "application/jsonl", "log": "text/plain", "md": "text/markdown", "mp4": "video/mp4",
        "parquet": "application/vnd.apache.parquet", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml",
        "tar": "application/x-tar", "toml": "application/toml", "tsv": "text/tab-separated-values", "txt": "text/plain",
        "wav": "audio/wav", "webp": "image/webp", "xml": "application/xml", "yaml": "application/yaml", "yml": "application/yaml",
        "zip": "application/zip",
    ]

    package static func ofFile(named name: String) -> String {
        if name == "MLmodel" { return "application/yaml" }
        guard let dot = name.lastIndex(of: ".") else { return unknown }
        return types[name[name.index(after: dot)...].lowercased()] ?? unknown
    }

    private static let unknown = "application/octet-stream"
}
