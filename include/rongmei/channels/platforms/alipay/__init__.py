"""Alipay life accounts (支付宝生活号): an article with a service card, sent to the followers by the open gateway.

Protocol: opendocs.alipay.com, as written down in the project's protocol notes, section 10, with the comments in the
official SDKs' models where those say more. It takes three steps:

* pictures and the cover go up by `alipay.offline.material.image.upload`;
* `alipay.open.public.message.content.create` lays down the page with the service card. By its own name it adds
  *material* (新增图文消息素材): nobody is told of the page, so a second one, after a lost answer, does no harm;
* `alipay.open.public.message.total.send` (群发) tells the followers, and is the one mutating call. Only what was sent
  so can be asked about (`message.query`), taken back (`life.msg.recall`) and is in the statistics.

**A lost answer to the last step.** No interface lists what an account has sent: `message.query` wants the ids, the
statistics know titles of days past, and there is no idempotency key. So `find` never decides; a person looks into the
account's own pages and settles the publication by hand.

A correction is `content.modify`: it changes the page for everybody who opens it, not the message that led there.

Every answer counts only with Alipay's signature on it. The gateway does not sign some refusals (an unknown `app_id`,
for one), so an unsigned answer to the mutating call is an unknown outcome, to any other call an error to try later.

Connection fields: `app_id`, `private_key` (the application's), `alipay_public_key` – both PEM or bare Base64 as the
console gives them, PKCS#8 or PKCS#1; optionally `app_auth_token` (the account authorised another's application) and
`title_limit` (characters, default 32). `public_id` may stand there; these calls do not need it.

Not verified against the live platform: error codes and their wording but PUB.MSG_BATCH_SD_OVER, the limits of 32 and
10 000 characters (a third party's documentation of the interface; the account's own pages speak of 64), how often an
account may send, which tags the rich text keeps, whether links with the scheme `alipays:` work in it, and on which day
statistics appear.
"""

from rongmei.channels.platforms.alipay.channel import AlipayChannel

CHANNELS = (AlipayChannel(),)
