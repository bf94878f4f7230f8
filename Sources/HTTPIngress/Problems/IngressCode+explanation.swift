extension IngressCode {
  var explanation: ProblemExplanation {
    func both(_ korean: String, _ english: String) -> ProblemExplanation {
      ProblemExplanation(korean: korean, english: english)
    }
    return switch self {
    case .archived:
      both(
        "오래전에 끝나서 보관소로 옮긴 것입니다. 기록이 필요하면 번호를 운영자에게 알려 주세요.",
        """
        It ended long ago and was moved to the archive, so it can be neither read nor changed here. If you need the
        record, tell an operator its id.
        """)
    case .badForwarding:
      both(
        "앞에 있는 프록시가 보낸 X-Forwarded-Proto나 X-Forwarded-Host를 읽을 수 없습니다. 프록시의 설정을 고쳐 주세요.",
        """
        A trusted proxy sent an X-Forwarded-Proto or X-Forwarded-Host that is none. Correct the proxy's configuration.
        """)
    case .badHost:
      both(
        "요청에는 올바른 Host 헤더가 하나만 있어야 합니다. 서버의 이름이나 주소를 Host로 보내 주세요.",
        "A request must have exactly one valid Host header. Send the server's name or address, with an optional port."
      )
    case .badTarget:
      both(
        "요청의 주소가 /로 시작하지도, http 주소 전체도 아닙니다. 주소를 고쳐 주세요.",
        "The request target neither begins with a slash nor is an absolute http URL. Correct the address.")
    case .headersTooLarge:
      both(
        "요청의 헤더가 너무 크거나 많습니다. 쿠키처럼 필요 없는 헤더를 빼고 보내 주세요.",
        "The request has too many headers, or too large ones. Leave out what is not needed, such as cookies.")
    case .targetTooLong:
      both(
        "주소와 질의가 너무 깁니다. 더 짧은 주소로 요청해 주세요.",
        "The path and its query are too long. Use a shorter address.")
    case .unknownCoding:
      both(
        "Transfer-Encoding은 chunked만 쓸 수 있습니다. 본문을 그대로 보내 주세요.",
        "The only Transfer-Encoding that is supported is chunked. Send the body as it is.")
    case .unknownExpectation:
      both(
        "Expect 헤더는 100-continue만 쓸 수 있습니다. 다른 값이면 헤더를 빼 주세요.",
        "The only Expect that is supported is 100-continue. Leave the header out otherwise.")
    case .unknownMethod:
      both(
        "서버가 모르는 메서드입니다. GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS를 쓸 수 있습니다.",
        "The server does not know the request's method. Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.")
    case .unknownVersion:
      both(
        "HTTP/1.1과 HTTP/1.0만 쓸 수 있습니다. 프로그램의 설정을 바꿔 주세요.",
        "The server supports only HTTP/1.1 and HTTP/1.0. Configure the client for one of them.")
    case .unreadableRequest:
      both(
        "요청이 올바른 HTTP가 아니거나 중간에 끊겼습니다. 보내는 프로그램을 확인해 주세요.",
        "The request is not valid HTTP, or it ended early. Check the program that sent it, and what is in between."
      )
    case .badId:
      both(
        "번호는 1부터 9007199254740991까지의 정수입니다. 받은 링크의 번호를 그대로 써 주세요.",
        "An id in a path is a whole number from 1 to 9007199254740991. Use the ids of the links that answers contain."
      )
    case .badPage:
      both(
        "page나 size가 허용된 범위의 정수가 아닙니다. 값을 고치거나 빼 주세요.",
        "page or size is not a whole number in its range. Correct it, or leave it out.")
    case .badPath:
      both(
        "주소의 한 부분이 비었거나 퍼센트 인코딩된 UTF-8이 아닙니다. 이름을 인코딩해서 보내 주세요.",
        "A part of the path is empty, or not percent-encoded UTF-8. Encode what you put into a path.")
    case .badQuery:
      both(
        "질의가 퍼센트 인코딩된 UTF-8이 아닙니다. 값을 인코딩해서 보내 주세요.",
        "The query is not percent-encoded UTF-8. Encode what you put into it.")
    case .badSort:
      both(
        "sort는 목록에 있는 항목 이름과, 원한다면 쉼표와 asc나 desc입니다. 예: price,desc",
        "sort is the name of a member of the list's items, optionally with a comma and asc or desc: price,desc."
      )
    case .tooManyToSort:
      both(
        "목록이 너무 길어서 이 항목으로 정렬할 수 없습니다. 정렬 없이 한 페이지씩 읽어 주세요.",
        "The list is too long to be sorted by this member. Read it page by page in its own order.")
    case .methodNotAllowed:
      both(
        "이 주소에서는 그 메서드를 쓸 수 없습니다. Allow 헤더에 쓸 수 있는 메서드가 있습니다.",
        "This path does not take the method. The Allow header of the answer lists those that it takes.")
    case .noCode:
      both(
        "인계 코드는 코드로 확인하는 거래가 진행되는 동안에만 있습니다. 거래의 상태를 확인해 주세요.",
        "There is a handover code only while a deal runs whose listing asks for one. Look at the reservation's status."
      )
    case .unknownOperation:
      both(
        "그 번호의 요청이 없거나, 하루가 지났거나, 다른 사람의 요청입니다. 202 응답의 Location을 그대로 써 주세요.",
        """
        There is no such command, it is older than a day, or it is somebody else's. Use the Location of a 202 as it is.
        """)
    case .unknownPath:
      both(
        "이 주소에는 아무것도 없습니다. GET /가 무엇이 있는지 알려 줍니다.",
        "There is nothing at this path. GET / lists what there is.")
    case .badIdempotencyKey:
      both(
        "Idempotency-Key는 빈칸 없는 ASCII 문자 1~200자여야 합니다. UUID를 쓰면 됩니다.",
        "An Idempotency-Key has 1 to 200 visible ASCII characters without spaces. A UUID will do.")
    case .bodyTooLarge:
      both(
        "요청의 본문이 너무 큽니다. 필요한 항목만 보내 주세요.",
        "The body is too large. Send only the members that the call needs.")
    case .bodyTooSlow:
      both(
        "요청의 본문이 제때 오지 않았습니다. 연결을 확인하고 다시 보내 주세요.",
        "The body did not arrive in time. Check the connection and send the request again.")
    case .keyReused:
      both(
        "이 Idempotency-Key는 이미 다른 요청에 쓰였습니다. 새 요청에는 새 키를 써 주세요.",
        "This Idempotency-Key came with another request before. Use a new key for each new request.")
    case .notJSON:
      both(
        "본문은 UTF-8로 된 JSON이고 Content-Type이 application/json이어야 합니다.",
        "A body must be JSON in UTF-8, with the header Content-Type: application/json.")
    case .unreadableBody:
      both(
        "본문이 올바른 JSON 객체가 아닙니다. 설명에 있는 위치를 확인해 주세요.",
        "The body is not a JSON object of strings and numbers. The detail says where the mistake is.")
    case .downNotAllowed:
      both(
        "HTTP로 이 프로세스를 내릴 수 없게 되어 있습니다. 운영자가 HANDOVER_ACTUATOR_DOWN=true로 허용할 수 있습니다.",
        "Taking the process down over HTTP is disabled. An operator can allow it with HANDOVER_ACTUATOR_DOWN=true."
      )
    case .foreignOrigin:
      both(
        "이 페이지의 출처에서는 바꿀 수 없습니다. 운영자가 HANDOVER_CORS_ORIGINS로 출처를 허용할 수 있습니다.",
        """
        Pages of this origin are not allowed to make changes. An operator can allow an origin with HANDOVER_CORS_ORIGINS.
        """)
    case .invalidToken:
      both(
        "로그인이 끝났거나 토큰이 올바르지 않습니다. 다시 로그인해서 새 토큰을 받아 주세요.",
        "The bearer token has expired, or is not valid here. Sign in again to get a new one.")
    case .operatorsOnly:
      both(
        "운영자만 할 수 있습니다. handover:operator 권한이 있는 토큰이 필요합니다.",
        "Only operators may do that. It takes a token with the scope handover:operator.")
    case .tokensUnverifiable:
      both(
        "토큰을 확인할 열쇠를 아직 받지 못했습니다. 잠시 뒤에 다시 시도해 주세요.",
        "The server has no keys to verify tokens with at present. Try again after the time in Retry-After.")
    case .unauthenticated:
      both(
        "로그인이 필요합니다. Authorization: Bearer 헤더에 토큰을 보내 주세요.",
        "The call needs to know who you are. Send a token in the header Authorization: Bearer.")
    case .fixedField:
      both(
        "이 값은 만들어진 뒤에는 바꿀 수 없습니다. 값을 빼거나 지금 값 그대로 보내 주세요.",
        "This member cannot change once the item is made. Leave it out, or send it back as it is.")
    case .oneAtATime:
      both(
        "상태와 다른 내용을 한 번에 바꿀 수 없습니다. 두 번에 나누어 보내 주세요.",
        "The status and other members cannot change in the same call. Make two calls of it.")
    case .stillRunning:
      both(
        "같은 Idempotency-Key의 요청을 처리하고 있습니다. 잠시 뒤에 같은 요청을 다시 보내 주세요.",
        "A copy of this request is being processed. Send the same request again after the time in Retry-After."
      )
    case .statusFollows:
      both(
        "상태는 거래에서 일어난 일을 따라 바뀝니다. 취소, 거래완료, 종료만 상태로 요청할 수 있습니다.",
        """
        A status follows from what happens, so it cannot be set to this. Only canceling, handing over and ending can be
        asked for by status.
        """)
    case .refused:
      both(
        "요청이 거절되었습니다. 이유는 메시지에 있습니다.",
        "The request was refused for a reason that a newer release of a worker gives. The message tells it.")
    case .backlog:
      both(
        "처리할 요청이 너무 많이 밀려 있습니다. Retry-After가 지난 뒤에 다시 시도해 주세요.",
        "Too many commands wait to be decided, so no more are accepted. Try again after the time in Retry-After."
      )
    case .rateLimited:
      both(
        "1분에 할 수 있는 요청 수를 넘었습니다. Retry-After가 지난 뒤에 다시 시도해 주세요.",
        "You made more calls than are allowed in a minute. Wait for the time in Retry-After; RateLimit tells what is left."
      )
    case .tooManyConnections:
      both(
        "서버나 이 주소의 연결이 너무 많습니다. 쓰지 않는 연결을 닫고 잠시 뒤에 다시 시도해 주세요.",
        "The server, or your address, has too many open connections. Close idle ones, and try again in a moment."
      )
    case .tooManyPages:
      both(
        "지금은 큰 목록을 읽을 수 없습니다. 잠시 뒤에 다시 시도하거나 20건씩 읽어 주세요.",
        "Too many large pages are being read at once. Try again in a moment, or read 20 items at a time.")
    case .tooManyStreams:
      both(
        "알림을 받는 연결이 너무 많이 열려 있습니다. 다른 창을 닫고 다시 시도해 주세요.",
        "Too many streams of your notices are open. Close one, such as another window, and try again.")
    case .tooManyWaiting:
      both(
        "기다리는 예약이 허용된 수만큼 있습니다. 하나를 취소하거나 순서를 기다려 주세요.",
        "So many of your reservations wait that no more may. Cancel one, or wait until one has its turn.")
    case .internal:
      both(
        "서버에서 문제가 생겼습니다. 다시 시도해도 그러면 운영자에게 알려 주세요.",
        "An internal error occurred. If it happens again, tell the operator: the server's log has the details."
      )
    case .store:
      both(
        "서버의 저장소가 오류를 돌려주었습니다. 운영자에게 알려 주세요.",
        "The store of the service returned an error. Tell the operator: the server's log has the details.")
    case .unavailable:
      both(
        "서버가 저장소에 닿지 못했습니다. Retry-After가 지난 뒤에 같은 요청을 다시 보내 주세요.",
        """
        The service cannot reach its store. Try again after the time in Retry-After, a change with the same
        Idempotency-Key.
        """)
    case .httpError:
      both(
        "요청을 처리할 수 없습니다. 상태 코드가 이유를 말합니다.",
        "The request cannot be processed. The status says why.")
    }
  }
}
