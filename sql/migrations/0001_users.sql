-- Users come first: everything else refers to them.
CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email VARCHAR(255) UNIQUE NOT NULL,
    username VARCHAR(100) UNIQUE,
    full_name VARCHAR(255),
    avatar_url TEXT,
    bio TEXT,
    preferences JSONB NOT NULL DEFAULT '{
        "complexity_preference": "moderate",
        "explanation_detail": "medium",
        "language": "en",
        "favorite_techniques": [],
        "ui_theme": "light"
    }' CHECK (jsonb_typeof(preferences) = 'object'),
    subscription_tier VARCHAR(50) NOT NULL DEFAULT 'free',
    subscription_status VARCHAR(50) NOT NULL DEFAULT 'active',
    subscription_expires_at TIMESTAMPTZ,
    email_verified BOOLEAN NOT NULL DEFAULT false,
    is_active BOOLEAN NOT NULL DEFAULT true,
    last_login_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

-- Two addresses that differ in case only are one person.
CREATE UNIQUE INDEX uk_users_email_lower ON users (lower(email));
