// SPDX-License-Identifier: Apache-2.0

package import Backends
package import Domain
import Foundation
import Governance

extension CloudEvent {
    /// Which way an event is written.
    package enum Mode: String, Codable, CaseIterable, Sendable { case structured, binary }

    /// All of it as JSON.
    package var structured: JSONValue {
        var members = extensions
        for (name, value) in attributes { members[name] = .string(value) }
        switch content {
        case .none: break
        case .json(let value): members["data"] = value
        case .bytes(let bytes): members["data_base64"] = .string(Data(bytes).base64EncodedString())
        }
        return .object(members)
    }

    /// As a record of a broker: attributes are headers that begin with `ce_`, as the bindings for Kafka have them.
    ///
    /// - Parameter key: Events of one key keep their order.
    package func record(_ mode: Mode, key: String) -> SinkEvent {
        switch mode {
        case .structured:
            return SinkEvent(
                key: key, headers: [("content-type", Self.structuredType + "; charset=UTF-8")], body: Array(structured.jsonText.utf8))
        case .binary:
            var headers: [(name: String, value: String)] = []
            for (name, value) in attributes where name != "datacontenttype" { headers.append(("ce_" + name, value)) }
            for (name, value) in extensions.sorted(by: { $0.key < $1.key }) { headers.append(("ce_" + name, value.text ?? value.jsonText)) }
            let body: [UInt8]
            switch content {
            case .none: body = []
            case .json(let value): body = Array(value.jsonText.utf8)
            case .bytes(let bytes): body = bytes
            }
            if let dataContentType { headers.append(("content-type", dataContentType)) }
            return SinkEvent(key: key, headers: headers, body: body)
        }
    }

    private var attributes: [(String, String)] {
        var attributes = [("specversion", "1.0"), ("id", id), ("source", source), ("type", type)]
        if let subject { attributes.append(("subject", subject)) }
        if let time { attributes.append(("time", time.rfc3339)) }
        if let dataContentType { attributes.append(("datacontenttype", dataContentType)) }
        if let dataSchema { attributes.append(("dataschema", dataSchema)) }
        return attributes
    }
}
