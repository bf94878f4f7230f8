import Market

extension FieldError.Reason {
  var explanation: ProblemExplanation {
    func both(_ korean: String, _ english: String) -> ProblemExplanation {
      ProblemExplanation(korean: korean, english: english)
    }
    return switch self {
    case .missing:
      both("field가 가리키는 값이 필요합니다. 값을 넣어 주세요.", "The member that field names is needed. Send it.")
    case .notANumber:
      both(
        "field가 가리키는 값은 0부터 9까지의 숫자로만 적은 정수여야 합니다.",
        "The member that field names is a whole number, in the digits 0 to 9 only.")
    case .outOfRange:
      both(
        "field가 가리키는 수가 범위를 벗어났습니다. 설명에 범위가 있습니다.",
        "The number that field names is too small or too large. The detail says what its range is.")
    case .tooLong:
      both(
        "field가 가리키는 값이 너무 깁니다. 설명에 길이가 있습니다.",
        "The text that field names is too long. The detail says how long it can be.")
    case .notText:
      both(
        "field가 가리키는 값에 줄바꿈, 제어 문자, 글 방향을 바꾸는 문자는 쓸 수 없습니다.",
        "The text that field names has line breaks, control characters or changes of direction. Leave them out."
      )
    case .notADate:
      both(
        "field가 가리키는 값은 2024-04-04 같은 날짜나 2024-04-04T10:00:00Z 같은 시각이어야 합니다.",
        "The member that field names is a date such as 2024-04-04, or a time such as 2024-04-04T10:00:00Z.")
    case .unknownType, .unknownWord:
      both(
        "이 버전이 모르는 단어입니다. 설명에 있는 단어 가운데 하나를 써 주세요.",
        "This release does not know the word. Use one of those that the detail lists.")
    case .notAllowed:
      both(
        "field가 가리키는 값은 쓸 수 없습니다. 설명에 무엇을 쓸 수 있는지 있습니다.",
        "The value that field names is not one of those allowed. The detail says which are.")
    case .unknownId:
      both("그 번호의 것이 없습니다. 번호를 확인해 주세요.", "The id names nothing that is known. Check it.")
    case .idTaken:
      both(
        "이미 사용된 번호입니다. 다른 번호를 쓰거나 번호를 빼 주세요.",
        "The id names something else already. Choose another one, or send none.")
    case .crashed:
      both(
        "처리하던 프로세스가 여러 번 끝나서 따로 두었습니다. 운영자가 handover deadletters로 다시 보낼 수 있습니다.",
        """
        Every process that tried this entry ended, so it was put aside. An operator can replay it with
        handover deadletters.
        """)
    case .brokenLaw:
      both(
        "시스템의 규칙에 어긋나서 따로 두었습니다. 운영자가 handover audit로 확인해야 합니다.",
        "It contradicts a law of the system, so it was put aside. An operator should run handover audit.")
    }
  }
}
