// SPDX-License-Identifier: Apache-2.0

import Backends
import Domain
import Foundation

/// A mail as RFC 5322 has it, in ASCII: texts in UTF-8 as base 64, so that no line is too long, begins with a dot or carries a header.
struct MailText {
    private let mail: Mail
    private let target: MailTarget

    init(_ mail: Mail, _ target: MailTarget) {
        self.mail = mail
        self.target = target
    }

    /// With the line that ends it but for its last line break.
    var dialogueText: String {
        let domain = target.sender.split(separator: "@").last ?? "localhost"
        let headers = [
            "From: <\(target.sender)>",
            "To: \(target.receivers.map { "<\($0)>" }.joined(separator: ", "))",
            "Subject: \(Self.encodedWord(mail.subject))", "Date: \(date)",
            "Message-ID: <\(mail.id)@\(domain)>",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
        ]
        let body = Data(mail.text.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return (headers + ["", body, "."]).joined(separator: "\r\n")
    }

    private var date: String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(
            from: Date(timeIntervalSince1970: Double(mail.time.milliseconds) / 1000))
    }

    /// RFC 2047, in words of at most 75 characters.
    private static func encodedWord(_ text: String) -> String {
        var words: [String] = []
        var part = ""
        for character in text {
            if (part + String(character)).utf8.count > 42 {
                words.append(part)
                part = ""
            }
            part.append(character)
        }
        words.append(part)
        return words.map { "=?utf-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(
            separator: "\r\n ")
    }
}
