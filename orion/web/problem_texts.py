"""What failures, and remarks on what was saved, are called where a person mends them: by code, or code and field."""

from collections.abc import Callable, Mapping

from orion.web.i18n import lazy

PROBLEMS: Mapping[str, Callable[[], str]] = {
    "password_link_invalid": lazy("This link was used already, or it has expired. Ask for another one."),
    "password_links_throttled": lazy("Too many requests. Wait a few minutes, then try again."),
    "consent_unknown": lazy("This was not asked for by you, was used already, or took too long. Start again."),
    "consent_denied": lazy("You did not allow it there, so nothing was connected."),
    "consent_refused": lazy("The channel did not accept it. Start again."),
    "channel_unavailable": lazy("The channel does not answer as it should. Start again in a few minutes."),
    "username_invalid": lazy("Choose a user name of 3 to 64 letters, digits, dots, hyphens or underscores."),
    "username_taken": lazy("This user name is taken. Choose another."),
    "email_invalid": lazy("This is not an e-mail address."),
    "email_taken": lazy("A user has this address already."),
    "member_exists": lazy("This person is a member already."),
    "last_owner": lazy("This is the last owner. Make somebody else an owner first."),
    "last_admin": lazy("This is the last active administrator. Make somebody else an administrator first."),
    "invitation_exists": lazy("This address is invited already. Send that invitation again, or revoke it first."),
    "invitation_just_sent": lazy("A mail to this address has just left. Wait a few minutes before the next."),
    "invitation_ended": lazy("This invitation was accepted or revoked already."),
    "invitation_invalid": lazy("This invitation is not valid, or not any more. Ask for another one."),
    "api_key_unsuitable.name": lazy("Give a name of 1 to 100 characters that says who uses the key."),
    "api_key_unsuitable.scopes": lazy("Choose at least one thing that the key may do."),
    "api_key_unsuitable.expires_at": lazy("Choose a day in the future, or none."),
    "reason_too_long": lazy("Give a reason of at most 1,000 characters."),
    "store_invalid.contact_phone": lazy("Use at most 64 characters."),
    "store_invalid.tax_number": lazy("Use at most 64 characters."),
    "store_invalid.business_address": lazy("Use at most 1,000 characters."),
    "store_invalid.domain": lazy("Give the bare host name, such as shop.example.com."),
    "store_invalid.website": lazy("Enter a full web address that starts with https://, without spaces or password."),
    "store_invalid.low_stock_threshold": lazy("Give a whole number from 0 on, or nothing."),
    "credentials_invalid": lazy("The user name or the password is wrong."),
    "user_inactive": lazy("This user is deactivated. Ask an administrator."),
    "login_throttled": lazy("Too many failed log-ins. Wait a few minutes, then try again."),
    "csrf_failed": lazy("This form is out of date. Load the page again and repeat what you did."),
    "cross_site": lazy("This request came from another site, so it was refused."),
    "password_wrong": lazy("This is not your present password."),
    "password_unsuitable": lazy("Choose another password of 8 to 128 characters, not your user name."),
    "invalid_batch_size": lazy("Enter a whole number from 100 to 5,000."),
    "invalid_source_url": lazy("Enter a full web address that starts with https://, without spaces or password."),
    "import_already_running": lazy("This feed is being imported right now. Wait for it, or cancel it."),
    "stock_import_running": lazy("A stock import of this store is still running. Wait for it, or cancel it."),
    "reservation_of_order": lazy("This is held for an order: ship or cancel the order, and it goes with it."),
    "not_a_dry_run": lazy("This was no dry run: it has been done already."),
    "import_not_found": lazy("There is no such import."),
    "import_not_finished": lazy("This import is still running: wait for it or cancel it."),
    "import_changes_expired": lazy("What this import changed is not kept any more."),
    "import_undone": lazy("This import is undone already."),
    "nothing_to_undo": lazy("This import has changed nothing."),
    "undo_running": lazy("An import of this feed is just being undone: wait for it."),
    "nothing_to_retry": lazy("This import has no failed rows that could be imported again."),
    "dry_run_applied": lazy("This file was imported already: upload it again."),
    "dry_run_failed": lazy("This dry run did not come to its end: start another."),
    "newer_import": lazy("The feed was imported again since: look at the newer import."),
    "nothing_held_back": lazy("Nothing is held back any more."),
    "invalid_schedule": lazy("Choose an interval, or write five fields such as 30 4 * * *, at least 15 minutes apart."),
    "invalid_schedule.interval_minutes": lazy(
        "Enter how many minutes lie between two runs, not fewer than is said below."
    ),
    "invalid_schedule.cron": lazy(
        "Write five fields: minute, hour, day, month, weekday, such as 30 4 * * * (every day at 04:30 UTC), and no "
        "runs that follow each other too soon."
    ),
    "invalid_schedule.max_retries": lazy("Enter a whole number from 0 to 20."),
    "invalid_schedule.retry_delay_seconds": lazy("Enter a whole number from 1 to 3,600."),
    "schedule_exists": lazy("This feed has a schedule for this address already."),
    "too_many_schedules": lazy("A store has at most 50 schedules: delete one first."),
    "import_already_finished": lazy("This import is finished already."),
    "store_inactive": lazy("This store is not active, so it cannot import."),
    "upload_too_large": lazy("This file is too large."),
    "product_invalid.price": lazy(
        "Enter a price such as 29.99, without a sign and with no more decimals than the currency has."
    ),
    "product_invalid.sale_price": lazy("Enter a price such as 29.99, in the currency of the price."),
    "product_invalid.currency": lazy("Enter a currency code such as EUR, the same for price and sale price."),
    "product_invalid.display_order": lazy("Enter a whole number."),
    "product_invalid.min_quantity": lazy("Enter a whole number from 1, not above the most that one buys."),
    "product_invalid.max_quantity": lazy("Enter a whole number, not below the least that one buys."),
    "product_invalid.title": lazy("This text is too long."),
    "product_invalid.description": lazy("This text is too long."),
    "product_invalid.brand": lazy("Use at most 255 characters."),
    "product_invalid.sku": lazy("Use at most 64 characters."),
    "product_invalid.image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "product_invalid.additional_image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.price": lazy(
        "Enter a price such as 29.99, without a sign and with no more decimals than the currency has."
    ),
    "marketplace_product_invalid.sale_price": lazy("Enter a price such as 29.99, in the currency of the price."),
    "marketplace_product_invalid.currency": lazy(
        "Enter a currency code such as EUR, the same for price and sale price."
    ),
    "marketplace_product_invalid.marketplace_product_id": lazy(
        "Give the product an identifier of its own, of at most 255 characters."
    ),
    "marketplace_product_invalid.title": lazy("Enter a title of at most 1,000 characters."),
    "marketplace_product_invalid.description": lazy("This text is too long."),
    "marketplace_product_invalid.translations": lazy("Leave the product at least one title."),
    "marketplace_product_invalid.link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_invalid.additional_image_link": lazy(
        "Enter a full web address that starts with https://, without spaces or password."
    ),
    "marketplace_product_exists": lazy("The marketplace has a product with this identifier already."),
    "price_tiers_invalid.min_quantity": lazy("Enter a whole number above 1 and above that of the line before."),
    "price_tiers_invalid.price": lazy("Enter a price such as 29.99, in the currency of the product's price."),
    "bulk_run_finished": lazy("It has ended already."),
    "bulk_action_invalid.price": lazy("Enter a price such as 29.99."),
    "bulk_action_invalid.currency": lazy("Enter a currency code such as EUR."),
    "bulk_action_invalid.percent": lazy("Enter a number from -100 to 1000, with at most four decimals."),
    "bulk_action_invalid.availability": lazy("Choose an availability."),
    "bulk_action_invalid.min_quantity": lazy("Enter a whole number from 1."),
    "bulk_action_invalid.max_quantity": lazy("Enter a whole number, not below the least that one buys."),
    "unknown_category": lazy("There is no such category."),
    "invalid_price": lazy("Enter a price such as 29.99."),
    "sku_taken": lazy("Another product of the store has this number."),
    "image_invalid": lazy("This is no picture: choose a PNG, JPEG, WebP or GIF file."),
    "too_many_images": lazy("A product has at most 100 pictures: remove one first."),
    "store_invalid.name": lazy("Enter a name of 1 to 255 characters."),
    "store_invalid.description": lazy("Use at most 10,000 characters."),
    "store_invalid.contact_email": lazy("This is not an e-mail address."),
    "store_invalid.default_currency": lazy("Enter a currency code such as EUR."),
    "store_invalid.feed_url": lazy("Enter a full web address that starts with https://, without spaces or password."),
    "connection_invalid": lazy("This is missing or does not fit: see what is said beside it."),
    "connection_invalid.name": lazy("Give the connection a name of 1 to 64 characters."),
    "connection_invalid.marketplace_ids": lazy(
        "Choose at least one marketplace, and only ones of this region: each region is a connection of its own."
    ),
    "connection_invalid.api_key": lazy("Paste it here as the channel shows it, without line breaks."),
    "connection_invalid.refresh_token": lazy("Paste it here as the channel shows it, without line breaks."),
    "connection_invalid.client_id": lazy(
        "Client id and client secret go together: paste both as the channel shows them."
    ),
    "connection_invalid.client_secret": lazy(
        "Client id and client secret go together: paste both as the channel shows them."
    ),
    "connection_name_taken": lazy("A connection to this channel has this name already: choose another."),
    "too_many_connections": lazy("A store has at most 20 connections: delete one first."),
    "connection_has_orders": lazy("Orders came in by this connection, and they keep it: pause it instead."),
    "connection_paused": lazy("The connection is paused: resume it first."),
    "consent_not_offered": lazy("There is no consent page for this connection: enter the credentials instead."),
    "app_missing": lazy("The operator has no app at this channel yet: enter credentials of your own."),
    "sync_running": lazy("A run is under way or waits for the channel; it goes on by itself."),
    "invalid_backfill": lazy("Choose a day in the past, at most as far back as the channel keeps its orders."),
    "connection_not_found": lazy("Choose a connection that orders come from."),
    "status_not_reachable": lazy("The order has moved on meanwhile: look at its status."),
    "order_moved_on": lazy("Somebody was quicker: look at the status of the order, and below at what happened."),
    "note_invalid": lazy("Write a note of at most 4,000 characters."),
    "line_shipped": lazy("Units of this line have left already as the product it is matched with."),
    "product_not_found": lazy("This product is not there any more: choose another."),
    "nothing_to_acknowledge": lazy("This order does not wait to be accepted or rejected any more."),
    "order_without_channel": lazy("This order comes from no channel that could be asked."),
}

REMARKS: Mapping[str, Callable[[], str]] = {
    "sale_price_not_lower": lazy("The sale price is not lower than the price."),
    "sale_price_ignored": lazy(
        "The sale price of the marketplace does not count any more: it is not below your own price."
    ),
    "tier_not_lower": lazy("One of the prices by quantity will never be used: it is not lower than the one before."),
}
