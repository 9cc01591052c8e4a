/** English, and the list of all words there are. */
export default {
  direction: "ltr",

  // The window
  open: "Chat with us",
  openUnread: {
    one: "Chat with us, {count} new message",
    other: "Chat with us, {count} new messages",
  },
  title: "{product} help",
  titleAlone: "Help",
  close: "Close the chat",
  menu: "More",
  person: "Talk to a person",
  startOver: "Start over",
  transcript: "Save this conversation",
  fileName: "conversation.txt",

  // Who is there
  owner_assistant: "Answers right away",
  owner_queue: "Waiting for a person",
  owner_agent: "A person is with you",
  owner_resolved: "Solved, and still here",
  agentHere: "{name} is here",
  nextInLine: "You are next in line",
  inLine: "You are number {position} in line",
  waitAbout: {
    one: "{place}; usually about {count} minute",
    other: "{place}; usually about {count} minutes",
  },
  nobodyUntil: "Nobody is here until {when}",
  nobodyNow: "Nobody is here just now",
  owner_offline: "Trying to reach us …",
  owner_other: "We are here to help",
  you: "You",
  assistant: "Assistant",
  agent: "Support team",
  agentNamed: "{name}, support team",
  system: "Note",
  typing: "{name} is typing",

  // The beginning
  greeting: "Hello! What’s the trouble?",
  greetingMore:
    "Tell me in your own words. I know about signing up, logging in, passwords and invitations.",
  startsLabel: "Or begin with one of these",
  starts: [
    "My invitation has expired",
    "I forgot my password",
    "I didn’t get a confirmation mail",
    "My e-mail address is rejected",
  ],

  // Writing
  composer: "Your message",
  composerHint: "Write a message …",
  send: "Send",
  promise: "Please never send a password or a one-time code.",
  tooLong: {
    one: "{count} character too many",
    other: "{count} characters too many",
  },

  // Files
  attach: "Attach a picture or a PDF",
  files: { one: "File: {names}", other: "Files: {names}" },

  // What was said
  transcriptLabel: "Conversation",
  today: "Today",
  choices: "Choices: {titles}",
  chosen: "chosen",
  choicesOver: "These choices are no longer open",
  article: "From the help centre",
  results: {
    one: "{count} article found",
    other: "{count} articles found",
  },
  opensTab: "opens in a new tab",
  earlier: "Show earlier messages",
  newBelow: {
    one: "{count} new message",
    other: "{count} new messages",
  },
  announcement: "{name}: {text}",
  sending: "Sending …",
  waiting: "Will be sent when you are back online",
  sent: "Sent",
  failed: "Not sent.",
  retry: "Try again",
  discard: "Remove",
  pressed: "One moment …",

  // Why something was not sent
  problem_too_long: "It has more than 4,000 characters. Please send it in parts.",
  problem_empty_message: "There was nothing in it.",
  problem_button_expired: "That choice is no longer open. Please write what you need.",
  problem_attachment_gone: "A file is no longer there. Please attach it again.",
  problem_old: "You wrote it more than a day ago.",
  problem_other: "Something went wrong on our side.",

  // What was cut out
  redacted: "For your safety we removed {kinds} before anything was kept.",
  redacted_password: "a password",
  redacted_code: "a one-time code",
  redacted_link: "the secret part of a link",
  redacted_card: "a card number",
  redacted_other: "something secret",
  listAnd: " and ",

  // How the line is
  connecting: "Connecting …",
  offline: "You are offline. Your messages are kept and sent when you are back.",
  unreachable: "We can’t be reached just now. Your messages are kept and sent as soon as it works.",
  slow: "The answer is taking longer than usual. Your message has arrived.",
  back: "You are connected again.",
  notice_too_fast: "That was a little fast. Please wait a moment.",
  notice_unavailable: "That did not work just now. Please try again in a moment.",
  notice_transcript: "The conversation could not be fetched. Please try again.",
  notice_attach: "Files can be attached once you are connected.",
  notice_file: "The file could not be fetched. Please try again.",
  notice_other: "That did not work. Please try again.",

  // In place of a secret
  removed_password: "[password removed]",
  removed_code: "[code removed]",
  removed_link: "[link removed]",
};
