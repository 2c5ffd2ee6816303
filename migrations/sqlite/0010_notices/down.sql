DROP TABLE link_requests;
DROP TABLE unsubscribe_links;
DROP TABLE outbox;
DROP TABLE mail_wishes;
DROP TABLE notice_events;
DROP TABLE notices;
