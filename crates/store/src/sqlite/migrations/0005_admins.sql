-- Whether anybody is an admin is asked at each start, among however many people.
CREATE INDEX user_role_admin ON user_role (user_id) WHERE role = 'admin';
