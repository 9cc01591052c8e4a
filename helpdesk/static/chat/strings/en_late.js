/** English words that only some conversations need: see late.js. */
export default {
  // Files
  attached: "Files for this message",
  fileWaiting: "Waits for the connection",
  fileUploading: "{percent} % uploaded",
  fileReady: "Ready to send",
  fileRemove: "Remove {name}",
  file_too_large: "It has more than 5 MB. Please make it smaller.",
  file_bad_file:
    "It can’t be attached. We take undamaged pictures (PNG, JPEG, GIF, WebP), and PDF files without a password or scripts.",
  file_too_many: "At most 10 files can go with one message.",
  file_too_fast: "Those were many files. Please try again later.",
  file_other: "It could not be uploaded.",

  // What was asked for
  receipt_invite: "New invitation asked for",
  receipt_password_reset: "Password reset asked for",
  receipt_other: "Mail with a link asked for",
  receiptOnFile: "To the address on file",
  receiptWorks: "Its link works for {left}",
  receiptOver: "Its link has run out",

  // How it went
  rateTitle: "How was the help you got?",
  rates: ["Very bad", "Bad", "All right", "Good", "Very good"],
  rateComment: "Would you like to add something? (optional)",
  rateSend: "Send rating",
  rateThanks: "Thank you for telling us.",

  // The answer by mail
  mailTitle: "You need not wait here. Where may we mail the answer?",
  mailSend: "Mail me the answer",
  mailAsked: "We have sent a mail to {email}. Press the button that it leads to; then the answer comes there too.",
  mailProven: "If you are not here, the answer comes to {email}.",
  mailOther: "Use another address",
  mailStop: "No mail, please",
  mail_bad_address: "This is not an e-mail address.",
  mail_too_fast: "Those were many at once. Please try again in a minute.",
  mail_other: "That did not work just now. Please try again.",

  // Before a secret is sent
  secretTitle_password: "That looks like a password",
  secretTitle_code: "That looks like a one-time code",
  secretTitle_link: "That link works like a key",
  secretBody_password:
    "Please keep it to yourself. Nobody here needs it, and we will never ask for it. Nothing has been sent yet.",
  secretBody_code:
    "Whoever has it could sign in as you. Nobody here needs it. Nothing has been sent yet.",
  secretBody_link:
    "Whoever has it could open your account. If you send it, we look up what became of it and do not keep its secret part. Nothing has been sent yet.",
  sendWithout: "Send without it",
  edit: "Edit",
  sendAnyway: "Send anyway",

  // Before starting over
  startOverTitle: "Start over?",
  startOverBody:
    "This conversation ends and a new one begins. You can save it first from the menu.",
  startOverNo: "Keep this one",
};
