// SPDX-License-Identifier: Apache-2.0

import Documents
import Domain

/// Reads where a command finds its programs.
struct RuntimeParser {
    let problems: DocumentProblems

    private static let forms = "host, {python: requirements.lock} or {image: name@sha256:…}"

    func parse(_ node: DocumentNode) -> StepRuntime {
        guard node.isMapping else {
            problems.attempt { () throws(Problem) in
                guard try node.text() == "host" else {
                    throw node.problem(
                        "runtime.unknown", "\(node.subject.capitalisedFirst) is '\(try node.text().printable)'.",
                        fix: "Write \(Self.forms).")
                }
            }
            return .host
        }
        guard let fields = node.fields(["python", "image"], problems), !fields.hasUnknown else { return .host }
        return problems.attempt { () throws(Problem) in
            switch (fields["python"], fields["image"]) {
            case (let lock?, nil): .python(lock: try path(lock))
            case (nil, let image?): .image(try digested(image))
            default:
                throw node.problem("runtime.malformed", "\(node.subject.capitalisedFirst) is not one runtime.", fix: "Write \(Self.forms).")
            }
        } ?? .host
    }

    private func path(_ node: DocumentNode) throws(Problem) -> String {
        let path = try node.text()
        guard RelativePath.isContained(path) else {
            throw node.problem(
                "runtime.malformed", "'\(path.printable)' is not a file of the pipeline's folder.",
                fix: "Write it relative to the folder, such as 'requirements.lock'.")
        }
        return path
    }

    /// An image named by its digest: a tag can come to mean another image tomorrow.
    private func digested(_ node: DocumentNode) throws(Problem) -> String {
        let image = try node.text()
        let parts = image.split(separator: "@", omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        guard parts.count == 2 else {
            throw node.problem(
                "runtime.undigested", "The image '\(image.printable)' is not named by its digest.",
                why: "A tag can mean another image tomorrow, and results would be used again that the new image would not give.",
                fix: "Write '\(name.split(separator: ":").first.map(String.init)?.printable ?? "name")@sha256:…'; "
                    + "'skopeo inspect docker://\(name.printable)' says the digest.")
        }
        guard Self.isName(name), parts[1].hasPrefix("sha256:"), parts[1].dropFirst(7).utf8.count == 64,
            parts[1].dropFirst(7).utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw node.problem(
                "runtime.malformed", "'\(image.printable)' is not an image.", why: "A digest is 'sha256:' and 64 digits from 0 to f.",
                fix: "Write 'name@sha256:…'.")
        }
        return image
    }

    private static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.first != UInt8(ascii: "-")
            && name.utf8.allSatisfy {
                (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                    || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: ":")].contains($0)
            }
    }
}
